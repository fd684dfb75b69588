import { useState } from "react";
import { useChange, useGet, type Schema } from "../../api/client";
import { OfItsClient } from "../../clients/ChooseClient";
import { Badge, Button, Card, DataView, Facts, LinkButton, Page, ProblemNotice } from "../../design";
import { minorMoney } from "../../format/money";
import { share } from "../../format/number";
import { instantText } from "../../format/time";
import { usePlaces } from "../../places/use-places";
import { useParam } from "../../routing/address";
import { orders as t } from "../../text/en/orders";
import { AssignDialog } from "./AssignDialog";
import { CancelDialog } from "./CancelDialog";
import { ChangeDialog } from "./ChangeDialog";
import { LineTable } from "./LineTable";
import { OrderHistory } from "./OrderHistory";
import { OrderInvoices } from "./OrderInvoices";
import { OrderMakeGoods } from "./OrderMakeGoods";
import { listBookable, listPlainActions, type PlainAction } from "./order-actions";

type OrderDetail = Schema<"OrderDetail">;
type Line = Schema<"OrderLineResponse">;

const BASIS_POINTS = 10_000;

export default function Order() {
  const id = useParam("order");
  const order = useGet("/api/orders/{order}", { params: { path: { order: id } } });
  return (
    <Page title={order.data?.name ?? t.order} actions={order.data && <OfItsClient account={order.data.account} isSilent><Actions order={order.data} /></OfItsClient>}>
      <DataView query={order}>{(found) => <OfItsClient account={found.account}><Content order={found} /></OfItsClient>}</DataView>
    </Page>
  );
}

function Content({ order }: { order: OrderDetail }) {
  const places = usePlaces();
  const [assigned, setAssigned] = useState<Line | null>(null);
  return (
    <>
      <Card><Facts rows={listFacts(order)} /></Card>
      <Card title={t.lines}><LineTable order={order} places={places} onAssign={setAssigned} /></Card>
      <OrderHistory order={order} places={places} />
      <OrderMakeGoods lines={order.lines.map((line) => line.id)} />
      <OrderInvoices order={order.id} />
      {assigned !== null && <AssignDialog order={order.id} account={order.account} line={assigned} onClose={() => setAssigned(null)} />}
    </>
  );
}

function listFacts(order: OrderDetail): readonly (readonly [string, React.ReactNode])[] {
  const money = (minor: number) => <span className="number">{minorMoney(minor, order.currency)}</span>;
  return [
    [t.advertiser, order.advertiser],
    ...(order.agency === null ? [] : [[t.agency, order.agency] as const]),
    ...(order.purchase_order === null ? [] : [[t.purchaseOrder, order.purchase_order] as const]),
    [t.placed, instantText(order.created_at)],
    ...(order.discount_bp === 0 ? [] : [[t.discount, share(order.discount_bp / BASIS_POINTS, 2)] as const]),
    [t.gross, money(order.gross_minor)],
    ...(order.commission_minor === 0 ? [] : [[t.commission, money(-order.commission_minor)] as const]),
    [t.net, money(order.net_minor)],
  ];
}

function Actions({ order }: { order: OrderDetail }) {
  const [dialog, setDialog] = useState<"cancel" | "change" | null>(null);
  const act = useChange("post", "/api/orders/{order}/actions", { invalidates: ["/api/orders/{order}", "/api/orders/{order}/history", "/api/orders"] });
  const run = (action: PlainAction) => act.mutate({ params: { path: { order: order.id } }, body: { action } });
  const has = (action: string) => order.lines.some((line) => line.actions.includes(action));
  return (
    <>
      <CampaignLink order={order.id} />
      {listPlainActions(order).map((action) => <Button key={action} isPending={act.isPending} onPress={() => run(action)}>{t.actions[action]}</Button>)}
      {has("request-change") && <Button onPress={() => setDialog("change")}>{t.change}</Button>}
      {has("cancel") && <Button variant="danger" onPress={() => setDialog("cancel")}>{t.cancel}</Button>}
      {listBookable(order).length > 0 && <LinkButton variant="primary" to={`/checkout/${order.id}`}>{t.checkout}</LinkButton>}
      <ProblemNotice error={act.error} />
      {dialog === "cancel" && <CancelDialog order={order} onClose={() => setDialog(null)} />}
      {dialog === "change" && <ChangeDialog order={order} onClose={() => setDialog(null)} />}
    </>
  );
}

/** The campaign that the order's lines are part of; nothing before its first line. */
function CampaignLink({ order }: { order: string }) {
  const { data } = useGet("/api/campaigns", { params: { query: { order, limit: 1 } } });
  const found = data?.campaigns[0];
  if (found === undefined) return null;
  return <>{found.is_running && <Badge tone="good">{t.statuses.InFlight}</Badge>}<LinkButton to={`/campaigns/${found.id}`}>{t.campaign}</LinkButton></>;
}
