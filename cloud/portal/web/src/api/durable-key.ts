// Idempotency keys that outlast a reload: a change of a purpose is executed once, however often the
// page is loaded again before its answer arrives. A request with other values has another key.

import { newKey } from "./key";

const PREFIX = "onlooker.key.";
type Store = Pick<Storage, "getItem" | "setItem" | "removeItem">;

interface Stored {
  key: string;
  values: string;
}

/** The header of a change; the same until `forgetKey`, for the same values. */
export function durableKey(purpose: string, ...values: readonly unknown[]): Record<"Idempotency-Key", string> {
  return { "Idempotency-Key": readKey(localStorage, purpose, JSON.stringify(values)) };
}

/** After an answer that ends the purpose: the next change of it is a new one. */
export function forgetKey(purpose: string, store: Store = localStorage): void {
  try {
    store.removeItem(PREFIX + purpose);
  } catch {
    // A forbidden storage has nothing to remove.
  }
}

export function readKey(store: Store, purpose: string, values: string): string {
  const found = readStored(store, purpose);
  if (found?.values === values) return found.key;
  const made: Stored = { key: newKey(), values };
  try {
    store.setItem(PREFIX + purpose, JSON.stringify(made));
  } catch {
    // A full or forbidden storage: the key lasts as long as the request.
  }
  return made.key;
}

function readStored(store: Store, purpose: string): Stored | undefined {
  try {
    const found = JSON.parse(store.getItem(PREFIX + purpose) ?? "null") as Stored | null;
    return typeof found?.key === "string" ? found : undefined;
  } catch {
    return undefined;
  }
}
