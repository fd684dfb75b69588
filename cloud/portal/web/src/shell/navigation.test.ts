import { expect, test } from "vitest";
import { safeNext, parseSearch, writeSearch } from "../routing/address";
import { BUYERS, findRoute, type PageRoute } from "../routing/page-route";
import { ROUTES } from "../routes";
import { groupPages } from "./navigation";

const load = () => Promise.resolve({ default: () => null });
const routes: readonly PageRoute[] = [
  { path: "/live", load, roles: ["operations"], navigation: { group: "measure", label: "Live" } },
  { path: "/explore", load, roles: BUYERS, navigation: { group: "buy", label: "Prices" } },
  { path: "/orders/$order", load, roles: BUYERS },
];

test("a role sees the groups of its own pages", () => {
  expect(groupPages(routes, ["advertiser"]).map((group) => group.id)).toEqual(["buy"]);
  expect(groupPages(routes, ["operations"]).map((group) => group.id)).toEqual(["measure"]);
  expect(groupPages(routes, [])).toEqual([]);
});

test("every page has its own path, and those of the navigation no parameter", () => {
  expect(new Set(ROUTES.map((route) => route.path)).size).toBe(ROUTES.length);
  expect(ROUTES.filter((route) => route.navigation && route.path.includes("$"))).toEqual([]);
});

test("a page is found by its path; one with a parameter is left to the router", () => {
  expect(findRoute(routes, "/live")?.roles).toEqual(["operations"]);
  expect(findRoute(routes, "/orders/17")).toBeUndefined();
});

test.each([["/orders/17?a=b#c", "/orders/17?a=b#c"], [undefined, "/"], ["//evil.example", "/"], ["/\\evil.example", "/"], ["javascript:alert(1)", "/"], ["https://evil.example/", "/"], ["/sign-in?next=/", "/"]])(
  "after the sign-in %s leads to %s",
  (next, expected) => expect(safeNext(next)).toBe(expected),
);

test("searches are plain texts", () => {
  expect(parseSearch("?day=2026-11-30&n=07")).toEqual({ day: "2026-11-30", n: "07" });
  expect(writeSearch({ day: "2026-11-30", none: undefined, empty: "" })).toBe("?day=2026-11-30");
  expect(writeSearch({})).toBe("");
});
