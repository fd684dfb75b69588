import { expect, test } from "vitest";
import { addAccount } from "./account-scope";

test("a read of a list is of the chosen client", () => {
  expect(addAccount("get", "/api/orders", { params: { query: { limit: 5 } } }, "acme")).toEqual({ params: { query: { limit: 5, account: "acme" } } });
  expect(addAccount("get", "/api/orders", undefined, "acme")).toEqual({ params: { query: { account: "acme" } } });
});

test("nothing is added without a client, to an object, or where an account is named", () => {
  expect(addAccount("get", "/api/orders", undefined, null)).toBeUndefined();
  const detail = { params: { path: { order: "7" } } };
  expect(addAccount("get", "/api/orders/{order}", detail, "acme")).toBe(detail);
  expect(addAccount("get", "/api/users", undefined, "acme")).toBeUndefined();
  expect(addAccount("get", "/api/invoices", { params: { query: { account: "bolt" } } }, "acme")).toEqual({ params: { query: { account: "bolt" } } });
});

test("changes name the client in the address or in the body", () => {
  expect(addAccount("post", "/api/quotes", { body: { slots: [] } }, "acme")).toEqual({ body: { slots: [] }, params: { query: { account: "acme" } } });
  expect(addAccount("post", "/api/orders", { body: { name: "Tea" } }, "acme")).toEqual({ body: { name: "Tea", account: "acme" } });
  expect(addAccount("delete", "/api/holds/{hold}", { params: {} }, "acme")).toEqual({ params: {} });
});
