// The client that a user of an agency acts for: of this window, and the start of the next one.

import type { Me, SessionStore } from "../api/session";
import { session } from "../api/session";

const PREFIX = "onlooker.client.";
const ALL = "";
type Storages = readonly Pick<Storage, "getItem" | "setItem">[];
type Listener = () => void;

/** The accounts that a user may choose from; none for the user of an advertiser, or of the media owner. */
export function listChoices(me: Me | undefined): readonly string[] {
  return me?.roles.includes("agency") && !me.sees_all ? [...me.clients, me.account] : [];
}

export class ClientStore {
  #chosen = new Map<string, string>();
  #listeners = new Set<Listener>();

  /** The storage of the window decides, then that of the browser. */
  constructor(readonly session: Pick<SessionStore, "getMe" | "subscribe">, readonly storages: () => Storages) {}

  readonly subscribe = (listener: Listener): (() => void) => {
    this.#listeners.add(listener);
    const leave = this.session.subscribe(listener);
    return () => { this.#listeners.delete(listener); leave(); };
  };

  /** The chosen account; null means every client, and is all that others have. */
  readonly get = (): string | null => {
    const me = this.session.getMe();
    const choices = listChoices(me);
    if (me === undefined || choices.length === 0) return null;
    const chosen = this.#chosen.get(userOf(me)) ?? this.#read(userOf(me)) ?? (me.clients.length === 1 ? me.clients[0]! : ALL);
    this.#chosen.set(userOf(me), chosen);
    return choices.includes(chosen) ? chosen : null;
  };

  choose(account: string | null): void {
    const me = this.session.getMe();
    if (me === undefined) return;
    this.#chosen.set(userOf(me), account ?? ALL);
    for (const storage of this.#stores()) write(storage, PREFIX + userOf(me), account ?? ALL);
    for (const listener of this.#listeners) listener();
  }

  #read(user: string): string | undefined {
    for (const storage of this.#stores()) {
      const found = read(storage, PREFIX + user);
      if (found !== null) return found;
    }
    return undefined;
  }

  #stores(): Storages {
    try {
      return this.storages();
    } catch {
      return []; // storage is forbidden: the choice lasts as long as the page
    }
  }
}

const userOf = (me: Me): string => me.user ?? me.account;

function read(storage: Storages[number], key: string): string | null {
  try {
    return storage.getItem(key);
  } catch {
    return null;
  }
}

function write(storage: Storages[number], key: string, value: string): void {
  try {
    storage.setItem(key, value);
  } catch {
    // A full storage: the choice lasts as long as the page.
  }
}

export const clientStore = new ClientStore(session, () => [sessionStorage, localStorage]);
