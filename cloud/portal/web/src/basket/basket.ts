// Baskets of a user: pure changes of a list, without storage and without the API.
//
// A draft takes new slots. Once its slots are held, new slots go to a new basket, so a basket that
// has expired stays as it was: its slots, its quote and its hold can still be read.

export interface BasketSlot {
  location: string;
  /** RFC 3339 instant of the start of the hour. */
  startsAt: string;
  positions: number;
}

export interface Basket {
  id: string;
  slots: readonly BasketSlot[];
  /** Id of the locked quote. */
  quote?: string;
  /** Id of the hold. */
  hold?: string;
  /** Id of the order that the hold became. */
  order?: string;
}

export type Baskets = readonly Basket[];

export const MOST_SLOTS = 2_000;
export const MOST_BASKETS = 12;

export const isDraft = (basket: Basket): boolean => basket.hold === undefined && basket.order === undefined;
export const findDraft = (baskets: Baskets): Basket | undefined => baskets.find(isDraft);

/** An hour as the API takes it in `time_slot`: to the minute, with its offset. */
export const toTimeSlot = (instant: string | number): string => `${new Date(instant).toISOString().slice(0, 16)}+00:00`;

const isSameHour = (one: BasketSlot, other: BasketSlot): boolean =>
  one.location === other.location && Date.parse(one.startsAt) === Date.parse(other.startsAt);

const inOrder = (one: BasketSlot, other: BasketSlot): number =>
  one.location.localeCompare(other.location) || Date.parse(one.startsAt) - Date.parse(other.startsAt);

/** The slots with others: an hour that is there already gets the new number of positions. */
export function mergeSlots(slots: readonly BasketSlot[], added: readonly BasketSlot[]): readonly BasketSlot[] {
  const others = slots.filter((slot) => !added.some((one) => isSameHour(one, slot)));
  return [...others, ...added].toSorted(inOrder).slice(0, MOST_SLOTS);
}

/** Adds slots to the draft, or to a new one; a draft that changes loses its quote. */
export function addSlots(baskets: Baskets, added: readonly BasketSlot[], newId: () => string): Baskets {
  if (added.length === 0) return baskets;
  const draft = findDraft(baskets);
  if (draft === undefined) return [{ id: newId(), slots: mergeSlots([], added) }, ...baskets].slice(0, MOST_BASKETS);
  return replaceBasket(baskets, { id: draft.id, slots: mergeSlots(draft.slots, added) });
}

/** Removes an hour of the draft; a draft without hours is removed. */
export function removeSlot(baskets: Baskets, slot: BasketSlot): Baskets {
  const draft = findDraft(baskets);
  if (draft === undefined) return baskets;
  const slots = draft.slots.filter((one) => !isSameHour(one, slot));
  return slots.length === 0 ? removeBasket(baskets, draft.id) : replaceBasket(baskets, { id: draft.id, slots });
}

/** Sets the quote, the hold or the order of a basket. */
export function markBasket(baskets: Baskets, id: string, mark: Pick<Basket, "quote" | "hold" | "order">): Baskets {
  return baskets.map((one) => (one.id === id ? { ...one, ...mark } : one));
}

export function removeBasket(baskets: Baskets, id: string): Baskets {
  return baskets.filter((one) => one.id !== id);
}

/** A new draft with the hours of a basket that have not begun; the basket itself stays. */
export function copyToDraft(baskets: Baskets, id: string, now: number, newId: () => string): Baskets {
  const slots = baskets.find((one) => one.id === id)?.slots ?? [];
  return addSlots(baskets, slots.filter((one) => Date.parse(one.startsAt) > now), newId);
}

function replaceBasket(baskets: Baskets, changed: Basket): Baskets {
  return baskets.map((one) => (one.id === changed.id ? changed : one));
}
