import { expect, test } from "vitest";
import type { Me } from "../api/session";
import { ClientStore } from "./client-store";

const DAN = { user: "dan", account: "media", clients: ["acme", "bolt"], roles: ["agency"], sees_all: false } as unknown as Me;

function newStorage(): Pick<Storage, "getItem" | "setItem"> {
  const values = new Map<string, string>();
  return { getItem: (key) => values.get(key) ?? null, setItem: (key, value) => void values.set(key, value) };
}

const open = (me: Me | undefined, ...storages: ReturnType<typeof newStorage>[]) =>
  new ClientStore({ getMe: () => me, subscribe: () => () => undefined }, () => storages);

test("the choice lasts in its window, and begins the next one", () => {
  const [first, second, browser] = [newStorage(), newStorage(), newStorage()];
  open(DAN, first, browser).choose("acme");
  open(DAN, second, browser).choose("bolt");
  expect(open(DAN, first, browser).get()).toBe("acme");
  expect(open(DAN, newStorage(), browser).get()).toBe("bolt");
});

test("every client is the start, unless there is one", () => {
  expect(open(DAN, newStorage()).get()).toBeNull();
  expect(open({ ...DAN, clients: ["acme"] }, newStorage()).get()).toBe("acme");
});

test("a client that is none any more is not chosen", () => {
  const window = newStorage();
  open(DAN, window).choose("bolt");
  expect(open({ ...DAN, clients: ["acme", "cora"] }, window).get()).toBeNull();
});

test("others have no client", () => {
  const window = newStorage();
  open(DAN, window).choose("bolt");
  expect(open({ ...DAN, roles: ["advertiser"] }, window).get()).toBeNull();
  expect(open({ ...DAN, sees_all: true }, window).get()).toBeNull();
  expect(open(undefined, window).get()).toBeNull();
});
