import { useState } from "react";
import { useBasket } from "../../basket/use-basket";
import { Button, LinkButton, Notice, NumberField } from "../../design";
import { why as t } from "../../text/en/explore";
import type { Price } from "./WhyPrice";

interface AddHourProps {
  price: Price;
  /** Starts of the same hour on all shown days that can be bought. */
  sameHours: readonly string[];
}

/** Adds the hour, or the same hour of all shown days, to the basket. */
export function AddHour({ price, sameHours }: AddHourProps) {
  const { add } = useBasket();
  const [positions, setPositions] = useState(1);
  const [added, setAdded] = useState(0);
  const { status, free, positions: all, sentence } = price.availability;
  if (status === "past" || status === "sold_out") return <Notice tone="warn" title={t.cannotBuy}>{sentence}</Notice>;
  const put = (starts: readonly string[]) => {
    add(starts.map((startsAt) => ({ location: price.location, startsAt, positions })));
    setAdded(starts.length);
  };
  return (
    <div className="stack">
      <div className="fields">
        <NumberField label={t.positions(free)} minValue={1} maxValue={free ?? all} value={positions} onChange={(value) => setPositions(Number.isNaN(value) ? 1 : value)} />
        <Button variant="primary" onPress={() => put([price.slot.starts_at])}>{t.add}</Button>
        {sameHours.length > 1 && <Button onPress={() => put(sameHours)}>{t.addDays(sameHours.length)}</Button>}
      </div>
      {added > 0 && (
        <Notice tone="good" title={t.added(added)} isAnnounced>
          <p>{t.addedDetail}</p>
          <LinkButton to="/basket" variant="primary" isSmall>{t.openBasket}</LinkButton>
        </Notice>
      )}
    </div>
  );
}
