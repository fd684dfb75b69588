import { useCallback, useEffect, useRef, useState } from "react";
import { useChange, useGet, type Schema } from "../../api/client";
import type { ApiProblem } from "../../api/problem";
import { toTimeSlot, type Basket } from "../../basket/basket";
import { useBasket } from "../../basket/use-basket";
import { Button, Card, Notice, ProblemNotice } from "../../design";
import { minorMoney } from "../../format/money";
import { clockText } from "../../format/time";
import type { Places } from "../../places/use-places";
import { basket as t } from "../../text/en/basket";
import { readShortSlots } from "./alternatives";
import { ConflictList } from "./ConflictList";
import { joinQuote, SlotTable } from "./SlotTable";

/** Chosen hours: first their price is locked, then they are held. */
export function DraftBasket({ basket, places }: { basket: Basket; places: Places }) {
  const { remove } = useBasket();
  const quote = useGet("/api/quotes/{quote}", { params: { path: { quote: basket.quote ?? "" } } }, { enabled: basket.quote !== undefined });
  const found = basket.quote === undefined ? undefined : quote.data;
  return (
    <Card title={found === undefined ? t.draft : t.quoted}>
      <SlotTable slots={joinQuote(basket.slots, found)} places={places} currency={found?.currency} onRemove={remove} />
      {basket.quote !== undefined && <ProblemNotice error={quote.error} />}
      {found?.is_valid ? <HoldStep basket={basket} quote={found} places={places} /> : <QuoteStep basket={basket} isExpired={found !== undefined} />}
    </Card>
  );
}

/** Asks for the prices of new hours by itself; a price that has expired is asked for again by the user. */
function QuoteStep({ basket, isExpired }: { basket: Basket; isExpired: boolean }) {
  const ask = useQuoteOf(basket);
  return (
    <div className="stack">
      {isExpired && <Notice tone="warn" title={t.quoteExpired}>{t.quoteExpiredDetail}</Notice>}
      <ProblemNotice error={ask.error} />
      <div className="basket-total">
        <p className="quiet">{t.hours(basket.slots.length)}. {ask.isPending ? t.askingPrices : t.askPricesNote}</p>
        <Button variant="primary" isPending={ask.isPending} onPress={ask.send}>{t.askPrices}</Button>
      </div>
    </div>
  );
}

function useQuoteOf(basket: Basket) {
  const { mark } = useBasket();
  const ask = useChange("post", "/api/quotes");
  const { mutate } = ask;
  const asked = useRef("");
  const send = useCallback(() => {
    const slots = basket.slots.map((one) => ({ location: one.location, time_slot: toTimeSlot(one.startsAt), positions: one.positions }));
    const hours = JSON.stringify(slots);
    asked.current = hours;
    const keep = (quote: Schema<"QuoteResponse">) => { if (asked.current === hours) mark(basket.id, { quote: quote.id }); };
    mutate({ body: { slots } as Schema<"SelectionRequest"> }, { onSuccess: keep });
  }, [basket, mark, mutate]);
  useEffect(() => { if (basket.quote === undefined) send(); }, [basket.quote, basket.slots]); // eslint-disable-line -- `send` follows the slots
  return { ...ask, send };
}

function HoldStep({ basket, quote, places }: { basket: Basket; quote: Schema<"QuoteResponse">; places: Places }) {
  const { mark } = useBasket();
  const [refusal, setRefusal] = useState<ApiProblem | null>(null);
  const hold = useChange("post", "/api/holds", { onSuccess: (made) => mark(basket.id, { hold: made.id }) });
  const send = () => { setRefusal(null); hold.mutate({ body: { quote: quote.id } }, { onError: setRefusal }); };
  return (
    <div className="stack">
      <Refusal error={refusal} basket={basket} places={places} />
      <div className="basket-total">
        <div>
          <p className="quiet">{t.total}</p>
          <p className="amount">{minorMoney(quote.total_minor, quote.currency)}</p>
          <p className="quiet">{t.validUntil(clockText(quote.valid_until))} {t.holdNote}</p>
        </div>
        <Button variant="primary" isPending={hold.isPending} onPress={send}>{t.hold}</Button>
      </div>
    </div>
  );
}

/** Why the hours were not held: slot by slot, or a new price to accept. */
function Refusal({ error, basket, places }: { error: ApiProblem | null; basket: Basket; places: Places }) {
  const { mark } = useBasket();
  if (error === null) return null;
  const short = readShortSlots(error.members);
  if (short.length > 0) return <ConflictList short={short} basket={basket} places={places} />;
  const { quote, former_total_minor: before, total_minor: now, currency } = error.members as Record<string, never>;
  if (quote === undefined || currency === undefined) return <ProblemNotice error={error} />;
  return (
    <Notice tone="warn" title={t.changedPrice} isAnnounced>
      <p>{t.changedPriceDetail(minorMoney(before, currency), minorMoney(now, currency))}</p>
      <Button isSmall onPress={() => mark(basket.id, { quote })}>{t.showNewPrice}</Button>
    </Notice>
  );
}
