import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useChange, useGet, type Schema } from "../../api/client";
import type { Basket } from "../../basket/basket";
import { canExtend, phaseOf } from "../../basket/hold-time";
import { holdKey, useHold, type Timed } from "../../basket/server-moment";
import { useSecondsLeft } from "../../basket/use-seconds-left";
import { Badge, Button, Card, DataView, Dialog, ProblemNotice } from "../../design";
import { minorMoney } from "../../format/money";
import { instantText } from "../../format/time";
import type { Places } from "../../places/use-places";
import { basket as t } from "../../text/en/basket";
import { Countdown } from "./Countdown";
import { EndedBasket } from "./EndedBasket";
import { ExpiryDialog } from "./ExpiryDialog";
import { OrderForm } from "./OrderForm";
import { joinQuote, SlotTable } from "./SlotTable";

type Hold = Schema<"HoldResponse">;

/** A basket whose hours are or were held: what it says follows from the state at the server. */
export function HeldBasket({ basket, places }: { basket: Basket; places: Places }) {
  const hold = useHold(basket.hold);
  return (
    <DataView query={hold}>
      {(timed) => (timed.answer.state === "held" ? <RunningHold basket={basket} timed={timed} places={places} /> : <EndedBasket basket={basket} hold={timed.answer} places={places} />)}
    </DataView>
  );
}

function RunningHold({ basket, timed, places }: { basket: Basket; timed: Timed<Hold>; places: Places }) {
  const { answer: hold, moment } = timed;
  const left = useSecondsLeft(hold.expires_at, moment) ?? 0;
  const refresh = useRefresh(hold.id, phaseOf(left) === "expired");
  const extend = useChange("post", "/api/holds/{hold}/extend", { onSuccess: refresh });
  const keep = () => extend.mutate({ params: { path: { hold: hold.id } } });
  const [isOrdering, setOrdering] = useState(false);
  return (
    <Card title={t.held} actions={<Badge tone="info">{t.states.held}</Badge>}>
      <div className="basket-head">
        <Countdown seconds={left} />
        <div>
          <p>{t.heldUntil(instantText(hold.expires_at))}</p>
          <p className="quiet">{t.latest(instantText(hold.latest_at))} {t.serverTime}</p>
        </div>
        <div className="row">
          <GiveBack hold={hold.id} onDone={refresh} />
          <Button isPending={extend.isPending} isDisabled={!canExtend(hold)} onPress={keep}>{t.keep}</Button>
          <Button variant="primary" onPress={() => setOrdering(true)}>{t.checkout}</Button>
        </div>
      </div>
      <ProblemNotice error={extend.error} />
      <QuotedSlots basket={basket} places={places} />
      <ExpiryDialog hold={hold} seconds={left} isExtending={extend.isPending} error={extend.error} onKeep={keep} onOrder={() => setOrdering(true)} isHidden={isOrdering} />
      <OrderForm basket={basket} isOpen={isOrdering} onClose={() => setOrdering(false)} secondsLeft={left} />
    </Card>
  );
}

/** Reads the hold again, also when it has run out by our count. */
function useRefresh(hold: string, isOver: boolean): () => void {
  const cache = useQueryClient();
  const refresh = () => void cache.invalidateQueries({ queryKey: holdKey(hold) });
  useEffect(() => {
    if (isOver) void cache.invalidateQueries({ queryKey: holdKey(hold) });
  }, [cache, hold, isOver]);
  return refresh;
}

function QuotedSlots({ basket, places }: { basket: Basket; places: Places }) {
  const quote = useGet("/api/quotes/{quote}", { params: { path: { quote: basket.quote ?? "" } } }, { enabled: basket.quote !== undefined });
  return (
    <>
      <SlotTable slots={joinQuote(basket.slots, quote.data)} places={places} currency={quote.data?.currency} />
      {quote.data !== undefined && (
        <div className="basket-total"><p className="quiet">{t.total}</p><p className="amount">{minorMoney(quote.data.total_minor, quote.data.currency)}</p></div>
      )}
    </>
  );
}

function GiveBack({ hold, onDone }: { hold: string; onDone: () => void }) {
  const [isAsking, setAsking] = useState(false);
  const release = useChange("delete", "/api/holds/{hold}", { onSuccess: () => { setAsking(false); onDone(); } });
  const actions = (
    <Button variant="danger" isPending={release.isPending} onPress={() => release.mutate({ params: { path: { hold } } })}>{t.giveBack}</Button>
  );
  return (
    <>
      <Button variant="plain" onPress={() => setAsking(true)}>{t.giveBack}</Button>
      <Dialog title={t.giveBackTitle} isOpen={isAsking} onClose={() => setAsking(false)} actions={actions}>
        <p>{t.giveBackDetail}</p>
        <ProblemNotice error={release.error} />
      </Dialog>
    </>
  );
}
