import { useQuery } from "@tanstack/react-query";
import { api, type Schema } from "../../api/client";
import type { Basket, BasketSlot } from "../../basket/basket";
import { useBasket } from "../../basket/use-basket";
import { Button, Notice, Table, type Column } from "../../design";
import { clockText, isoDate } from "../../format/time";
import type { Places } from "../../places/use-places";
import { wordOf } from "../../format/words";
import { basket as t } from "../../text/en/basket";
import { findNearest, listFreeHours, type ShortSlot } from "./alternatives";
import { hourOf } from "./SlotTable";

const DAY_MS = 86_400_000;

/** The hours that are not available, each with its reason and with free hours near it. */
export function ConflictList({ short, basket, places }: { short: readonly ShortSlot[]; basket: Basket; places: Places }) {
  const slotOf = (one: ShortSlot): BasketSlot => ({ location: one.location, startsAt: one.starts_at, positions: positionsOf(basket, one) });
  const columns: readonly Column<ShortSlot>[] = [
    { id: "screen", title: t.screen, isHeader: true, cell: (one) => places.name(one.location) },
    { id: "when", title: t.when, cell: (one) => hourOf(slotOf(one), places) },
    { id: "reason", title: t.reason, cell: (one) => `${wordOf(t.shortReasons, one.reason)} (${t.freePositions(one.free)})` },
    { id: "alternatives", title: t.alternatives, cell: (one) => <Alternatives slot={slotOf(one)} basket={basket} places={places} /> },
  ];
  return (
    <Notice tone="bad" title={t.conflictTitle} isAnnounced>
      <p>{t.conflictDetail(short.length)}</p>
      <Table caption={t.conflictCaption} columns={columns} rows={short} rowKey={(one) => `${one.location} ${one.starts_at}`} isPlain />
    </Notice>
  );
}

function positionsOf(basket: Basket, short: ShortSlot): number {
  const same = (one: BasketSlot) => one.location === short.location && Date.parse(one.startsAt) === Date.parse(short.starts_at);
  return basket.slots.find(same)?.positions ?? 1;
}

function Alternatives({ slot, basket, places }: { slot: BasketSlot; basket: Basket; places: Places }) {
  const { add, remove } = useBasket();
  const free = useFreeHours(slot, places.zone(slot.location));
  const taken = new Set(basket.slots.filter((one) => one.location === slot.location).map((one) => Date.parse(one.startsAt)));
  const nearest = findNearest(free, Date.parse(slot.startsAt), taken);
  const replace = (at: number) => { remove(slot); add([{ ...slot, startsAt: new Date(at).toISOString() }]); };
  const clock = (at: number) => clockText(at, places.zone(slot.location));
  return (
    <div className="row">
      {nearest.map((at) => <Button key={at} isSmall aria-label={t.instead(clock(at))} onPress={() => replace(at)}>{clock(at)}</Button>)}
      {nearest.length === 0 && <span className="quiet">{t.noAlternative}</span>}
      <Button isSmall variant="plain" onPress={() => remove(slot)}>{t.leaveOut}</Button>
    </div>
  );
}

/** The hours of the screen that are free on the day of a slot. */
function useFreeHours(slot: BasketSlot, zone: string): readonly number[] {
  const from = isoDate(slot.startsAt, zone);
  const until = isoDate(Date.parse(`${from}T12:00:00Z`) + DAY_MS, "UTC");
  const body = { locations: [slot.location], from, until, positions: slot.positions } as Schema<"AvailsRequest">;
  const { data } = useQuery({
    queryKey: ["/api/avails", body],
    queryFn: async () => (await api.POST("/api/avails", { body })).data,
  });
  return listFreeHours(data?.screens[0]?.runs ?? []);
}
