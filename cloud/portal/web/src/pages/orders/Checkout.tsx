import { useQuery } from "@tanstack/react-query";
import { getOnce, useGet, type Schema } from "../../api/client";
import type { ApiProblem } from "../../api/problem";
import { readTimed, type Timed } from "../../basket/server-moment";
import { useSecondsLeft } from "../../basket/use-seconds-left";
import { Card, DataView, Facts, LinkButton, Notice, Page } from "../../design";
import { minorMoney } from "../../format/money";
import { instantText } from "../../format/time";
import { usePlaces } from "../../places/use-places";
import { useParam } from "../../routing/address";
import { checkout as t } from "../../text/en/orders";
import { Countdown } from "../basket/Countdown";
import "../basket/basket.css";
import { LineTable } from "./LineTable";
import { findReservationEnd } from "./order-actions";
import { PaymentPanel } from "./PaymentPanel";
import { findStep, isAwaited } from "./payment-step";

type Order = Schema<"OrderDetail">;
type Options = Schema<"PaymentOptionsResponse">;

const ASK_AGAIN_MS = 2_000;

export default function Checkout() {
  const id = useParam("order");
  const order = useGet("/api/orders/{order}", { params: { path: { order: id } } }, { staleTime: 0 });
  const options = useOptions(id, order.data);
  return (
    <Page title={t.title} lead={order.data && t.lead(order.data.name)}>
      <DataView query={order}>
        {(found) => <DataView query={options}>{(timed) => <Content order={found} timed={timed} />}</DataView>}
      </DataView>
    </Page>
  );
}

/** Read again while the bank or the provider has the payment. */
function useOptions(id: string, order: Order | undefined) {
  return useQuery<Timed<Options>, ApiProblem>({
    queryKey: ["/api/orders/{order}/payment-options", id],
    queryFn: () => readTimed(() => getOnce("/api/orders/{order}/payment-options", { params: { path: { order: id } } })),
    staleTime: 0,
    refetchOnWindowFocus: true,
    refetchInterval: (query) => {
      const options = query.state.data?.answer;
      return order !== undefined && options !== undefined && isAwaited(findStep(order, options)) ? ASK_AGAIN_MS : false;
    },
  });
}

function Content({ order, timed }: { order: Order; timed: Timed<Options> }) {
  const places = usePlaces();
  return (
    <>
      <Reservation order={order} timed={timed} />
      <div className="columns">
        <Card title={t.summary}><Summary order={order} options={timed.answer} /></Card>
        <PaymentPanel order={order} options={timed.answer} />
      </div>
      <Card><LineTable order={order} places={places} /></Card>
    </>
  );
}

function Reservation({ order, timed }: { order: Order; timed: Timed<Options> }) {
  const end = findReservationEnd(order);
  const left = useSecondsLeft(end, timed.moment);
  if (end === null || left === undefined) return null;
  if (left === 0) return <Notice tone="bad" isAnnounced>{t.reservationOver}</Notice>;
  return (
    <div className="basket-head">
      <p>{t.reservedUntil(instantText(end))}</p>
      <Countdown seconds={left} />
    </div>
  );
}

function Summary({ order, options }: { order: Order; options: Options }) {
  const amount = (minor: number | null) => <span className="number">{minorMoney(minor, options.currency)}</span>;
  const isDue = options.due_minor > 0;
  const net = options.vat_minor === null ? null : options.due_minor - options.vat_minor;
  return (
    <div className="stack">
      {isDue ? <Facts rows={[[t.net, amount(net)], [t.vat, amount(options.vat_minor)], [t.due, <strong key="due">{amount(options.due_minor)}</strong>]]} /> : <p>{t.nothingDue}</p>}
      <div><LinkButton isSmall to={`/orders/${order.id}`}>{t.openOrder}</LinkButton></div>
    </div>
  );
}
