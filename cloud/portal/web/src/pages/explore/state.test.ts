import { expect, test } from "vitest";
import { readState, toggleScreen, writeState } from "./state";

const FULL = {
  from: "2026-11-30", days: "28", venue: "105", hours: "7-9", max: "12.5", min: "300",
  screens: "KX-01,LB-01", measure: "cost", view: "week", hour: "KX-01@2026-11-30T08:00:00Z",
};

test("an address is read and written without a difference", () => {
  expect(writeState(readState(FULL))).toEqual(FULL);
});

test("defaults are not written", () => {
  expect(Object.values(writeState(readState({}))).every((one) => one === undefined)).toBe(true);
});

test("what cannot be read has its default", () => {
  const state = readState({ from: "tomorrow", days: "9999", venue: "<b>", hours: "late", max: "-1", screens: "a b,../x,KX-01,KX-01", measure: "x", hour: "KX-01@now" });
  expect(state).toEqual({ ...readState({}), screens: ["KX-01"] });
});

test("at most four screens are compared", () => {
  const four = ["A", "B", "C", "D"];
  expect(toggleScreen(four, "E")).toEqual(four);
  expect(toggleScreen(four, "B")).toEqual(["A", "C", "D"]);
  expect(readState({ screens: "A,B,C,D,E" }).screens).toEqual(four);
});
