// The baskets of a user in the storage of the browser, shared by its windows.

import type { Basket, Baskets, BasketSlot } from "./basket";

const PREFIX = "onlooker.baskets.";
type Store = Pick<Storage, "getItem" | "setItem">;

/** What is stored for a user; what cannot be read is left out, and never fails. */
export function readBaskets(store: Store, user: string): Baskets {
  try {
    const found: unknown = JSON.parse(store.getItem(PREFIX + user) ?? "[]");
    return Array.isArray(found) ? found.filter(isBasket) : [];
  } catch {
    return [];
  }
}

export function writeBaskets(store: Store, user: string, baskets: Baskets): void {
  try {
    store.setItem(PREFIX + user, JSON.stringify(baskets));
  } catch {
    // A full or forbidden storage: the baskets last as long as the window.
  }
}

/** Whether a change of the storage in another window is one of this user's baskets. */
export const isOfUser = (key: string | null, user: string): boolean => key === PREFIX + user;

function isBasket(value: unknown): value is Basket {
  const found = value as Partial<Basket> | null;
  const marks = [found?.quote, found?.hold, found?.order];
  return typeof found?.id === "string" && Array.isArray(found.slots) && found.slots.every(isSlot)
    && marks.every((one) => one === undefined || typeof one === "string");
}

function isSlot(value: unknown): value is BasketSlot {
  const found = value as Partial<BasketSlot> | null;
  return typeof found?.location === "string" && !Number.isNaN(Date.parse(found.startsAt ?? ""))
    && Number.isInteger(found.positions) && (found.positions ?? 0) > 0;
}
