import { expect, it } from "vitest";
import { forgetKey, readKey } from "./durable-key";

function newStore() {
  const values = new Map<string, string>();
  return {
    getItem: (key: string) => values.get(key) ?? null,
    setItem: (key: string, value: string) => void values.set(key, value),
    removeItem: (key: string) => void values.delete(key),
  };
}

it("a change has the same key until it has ended", () => {
  const store = newStore();
  const first = readKey(store, "pay-1", "252");
  expect(readKey(store, "pay-1", "252")).toBe(first);
  expect(readKey(store, "pay-2", "252")).not.toBe(first);
  forgetKey("pay-1", store);
  expect(readKey(store, "pay-1", "252")).not.toBe(first);
});

it("other values are another change: the server refuses a key that is reused", () => {
  const store = newStore();
  expect(readKey(store, "order-1", "Winter")).not.toBe(readKey(store, "order-1", "Spring"));
});
