import { expect, it } from "vitest";
import { FIRST_DRAFT, isComplete, readPackage, toRequest } from "./draft";

const DRAFT = { ...FIRST_DRAFT, target: { kind: "group", name: "canary" } as const, model: "onlooker-face:0.4.0" };

it("a step is complete when it has what the server needs", () => {
  expect(isComplete("target", FIRST_DRAFT)).toBe(false);
  expect(isComplete("target", { ...FIRST_DRAFT, target: { kind: "everything", name: "" } })).toBe(true);
  expect(isComplete("model", DRAFT)).toBe(true);
  expect(isComplete("model", { ...DRAFT, model: "../etc" })).toBe(false);
  expect(isComplete("model", { ...DRAFT, packageText: "[1]" })).toBe(false);
  expect(isComplete("safety", { ...DRAFT, sharePercent: NaN })).toBe(false);
});

it("nothing is applied before it is asked for, and a canary share is sent", () => {
  expect(toRequest(DRAFT, false)).toMatchObject({ apply: false, share_percent: 10, per_minute: null, replaces: null, package: null });
  expect(toRequest(DRAFT, true).apply).toBe(true);
});

it("a package is a JSON object or nothing", () => {
  expect([readPackage(" "), readPackage("{"), readPackage('{"url": "x"}')]).toEqual([null, undefined, { url: "x" }]);
});
