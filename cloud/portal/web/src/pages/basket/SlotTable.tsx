import type { Schema } from "../../api/client";
import { Button, Table, type Column } from "../../design";
import type { BasketSlot } from "../../basket/basket";
import { count } from "../../format/number";
import { minorMoney } from "../../format/money";
import { dayText, clockText } from "../../format/time";
import type { Places } from "../../places/use-places";
import { basket as t } from "../../text/en/basket";

type QuotedSlot = Schema<"QuotedSlot">;

export interface PricedSlot extends BasketSlot {
  quoted?: QuotedSlot;
}

/** The slots of a basket with their quoted prices, where there is a quote. */
export function joinQuote(slots: readonly BasketSlot[], quote: Schema<"QuoteResponse"> | undefined): readonly PricedSlot[] {
  const key = (location: string, at: string) => `${location} ${Date.parse(at)}`;
  const quoted = new Map((quote?.slots ?? []).map((one) => [key(one.location, one.starts_at), one]));
  return slots.map((slot) => ({ ...slot, quoted: quoted.get(key(slot.location, slot.startsAt)) }));
}

export interface SlotTableProps {
  slots: readonly PricedSlot[];
  places: Places;
  currency?: string;
  onRemove?: (slot: BasketSlot) => void;
}

export function SlotTable({ slots, places, currency, onRemove }: SlotTableProps) {
  const columns = [...plainColumns(places), ...(currency === undefined ? [] : priceColumns(currency)), ...(onRemove === undefined ? [] : [removeColumn(places, onRemove)])];
  return <Table caption={t.caption} columns={columns} rows={slots} rowKey={(slot) => `${slot.location} ${slot.startsAt}`} isPlain />;
}

function plainColumns(places: Places): readonly Column<PricedSlot>[] {
  return [
    { id: "screen", title: t.screen, isHeader: true, cell: (slot) => places.name(slot.location), value: (slot) => places.name(slot.location) },
    { id: "when", title: t.when, cell: (slot) => hourOf(slot, places), value: (slot) => Date.parse(slot.startsAt) },
    { id: "positions", title: t.positions, isNumber: true, cell: (slot) => count(slot.positions), value: (slot) => slot.positions },
  ];
}

function priceColumns(currency: string): readonly Column<PricedSlot>[] {
  return [
    { id: "price", title: t.price, isNumber: true, value: ({ quoted }) => quoted?.price_minor ?? null, cell: (slot) => <Price slot={slot} currency={currency} /> },
    { id: "reasons", title: t.reasons, cell: ({ quoted }) => (quoted === undefined ? null : <Reasons quoted={quoted} />) },
  ];
}

function removeColumn(places: Places, onRemove: (slot: BasketSlot) => void): Column<PricedSlot> {
  const label = (slot: PricedSlot) => t.remove(`${places.name(slot.location)}, ${hourOf(slot, places)}`);
  return { id: "remove", title: "", cell: (slot) => <Button variant="plain" isSmall aria-label={label(slot)} onPress={() => onRemove(slot)}>{t.removeShort}</Button> };
}

export function hourOf(slot: BasketSlot, places: Places): string {
  const zone = places.zone(slot.location);
  return `${dayText(slot.startsAt, zone)}, ${clockText(slot.startsAt, zone)}`;
}

function Price({ slot, currency }: { slot: PricedSlot; currency: string }) {
  if (slot.quoted === undefined) return <>{minorMoney(null, currency)}</>;
  const { price_minor: price, positions } = slot.quoted;
  return <>{minorMoney(price, currency)}{positions > 1 && ` × ${positions}`}</>;
}

function Reasons({ quoted }: { quoted: QuotedSlot }) {
  return (
    <details>
      <summary>{t.reasons}</summary>
      <ul className="reasons">
        {quoted.factors.map((factor) => <li key={factor.name}><span className="factor">× {factor.value}</span>{factor.reason}</li>)}
      </ul>
    </details>
  );
}
