// The baskets of the signed-in user; of an agency, one list for each client.
//
//   const { add, count } = useBasket();
//   add([{ location: "KX-01", startsAt: "2027-11-22T08:00:00Z", positions: 1 }]);

import { useCallback, useEffect, useMemo, useSyncExternalStore } from "react";
import { newKey } from "../api/key";
import { useClient } from "../clients/use-client";
import { useMe } from "../shell/use-session";
import {
  addSlots, copyToDraft, findDraft, markBasket, removeBasket, removeSlot,
  type Basket, type Baskets, type BasketSlot,
} from "./basket";
import { isOfUser, readBaskets, writeBaskets } from "./basket-storage";

type Listener = () => void;

/** One list for each user, read once and written at each change. */
class BasketStore {
  #lists = new Map<string, Baskets>();
  #listeners = new Set<Listener>();

  readonly subscribe = (listener: Listener): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  read(user: string): Baskets {
    const found = this.#lists.get(user) ?? readBaskets(localStorage, user);
    this.#lists.set(user, found);
    return found;
  }

  change(user: string, change: (baskets: Baskets) => Baskets): void {
    const changed = change(readBaskets(localStorage, user));
    writeBaskets(localStorage, user, changed);
    this.#set(user, changed);
  }

  /** Another window has changed the list. */
  reload(user: string): void {
    this.#set(user, readBaskets(localStorage, user));
  }

  #set(user: string, baskets: Baskets): void {
    this.#lists.set(user, baskets);
    for (const listener of this.#listeners) listener();
  }
}

const store = new BasketStore();

export interface BasketActions {
  baskets: Baskets;
  /** The basket that takes new slots. */
  draft: Basket | undefined;
  /** Hours in the draft. */
  count: number;
  add: (slots: readonly BasketSlot[]) => void;
  remove: (slot: BasketSlot) => void;
  mark: (id: string, mark: Pick<Basket, "quote" | "hold" | "order">) => void;
  discard: (id: string) => void;
  /** A new draft with the slots of an expired basket. */
  priceAgain: (id: string) => void;
}

export function useBasket(): BasketActions {
  const me = useMe();
  const client = useClient();
  const user = `${me?.user ?? me?.account ?? ""}${client === null ? "" : `:${client}`}`;
  const baskets = useSyncExternalStore(store.subscribe, () => store.read(user));
  useEffect(() => {
    const follow = (event: StorageEvent) => isOfUser(event.key, user) && store.reload(user);
    addEventListener("storage", follow);
    return () => removeEventListener("storage", follow);
  }, [user]);
  const change = useCallback((by: (before: Baskets) => Baskets) => store.change(user, by), [user]);
  const draft = findDraft(baskets);
  return useMemo(() => ({
    baskets,
    draft,
    count: draft?.slots.length ?? 0,
    add: (slots) => change((before) => addSlots(before, slots, newKey)),
    remove: (slot) => change((before) => removeSlot(before, slot)),
    mark: (id, mark) => change((before) => markBasket(before, id, mark)),
    discard: (id) => change((before) => removeBasket(before, id)),
    priceAgain: (id) => change((before) => copyToDraft(before, id, Date.now(), newKey)),
  }), [baskets, change, draft]);
}
