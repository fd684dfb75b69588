import { useGet, type Schema } from "../../api/client";
import type { Basket } from "../../basket/basket";
import { useBasket } from "../../basket/use-basket";
import { Badge, Button, Card, LinkButton, Notice } from "../../design";
import { minorMoney } from "../../format/money";
import { instantText } from "../../format/time";
import type { Places } from "../../places/use-places";
import { wordOf } from "../../format/words";
import { basket as t } from "../../text/en/basket";
import { joinQuote, SlotTable } from "./SlotTable";

type Hold = Schema<"HoldResponse">;

/** A basket whose hold is over: what it contained and cost, and a new basket of the same hours. */
export function EndedBasket({ basket, hold, places }: { basket: Basket; hold: Hold; places: Places }) {
  const { discard } = useBasket();
  const quote = useGet("/api/quotes/{quote}", { params: { path: { quote: basket.quote ?? "" } } }, { enabled: basket.quote !== undefined });
  const found = quote.data;
  const isBooked = hold.state === "booked";
  return (
    <Card title={instantText(hold.created_at)} actions={<Badge tone={isBooked ? "good" : "warn"}>{wordOf(t.states, hold.state)}</Badge>}>
      <div className="stack">
        <Explanation hold={hold} />
        <details className="basket-old" open={hold.state === "expired"}>
          <summary>{t.hours(basket.slots.length)}{found && ` · ${minorMoney(found.total_minor, found.currency)} (${t.formerPrice})`}</summary>
          <SlotTable slots={joinQuote(basket.slots, found)} places={places} currency={found?.currency} />
        </details>
        <div className="row">
          {isBooked ? <OrderLink basket={basket} /> : <PriceAgain basket={basket} />}
          <Button variant="plain" onPress={() => discard(basket.id)}>{t.discard}</Button>
        </div>
      </div>
    </Card>
  );
}

function Explanation({ hold }: { hold: Hold }) {
  if (hold.state === "expired") return <Notice tone="warn" title={t.expiredTitle}>{t.expiredDetail}</Notice>;
  if (hold.state === "displaced") return <Notice tone="warn" title={t.displacedTitle}>{t.displacedDetail}</Notice>;
  return <p className="quiet">{hold.state === "booked" ? t.bookedDetail : t.releasedDetail}</p>;
}

function OrderLink({ basket }: { basket: Basket }) {
  return basket.order === undefined ? null : <LinkButton to={`/orders/${basket.order}`}>{t.openOrder}</LinkButton>;
}

function PriceAgain({ basket }: { basket: Basket }) {
  const { priceAgain } = useBasket();
  return <><Button onPress={() => priceAgain(basket.id)}>{t.priceAgain}</Button><span className="quiet">{t.priceAgainNote}</span></>;
}
