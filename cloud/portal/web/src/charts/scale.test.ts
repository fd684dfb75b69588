import { expect, test } from "vitest";
import { findBreaks, heatColour, heatOf } from "./scale";

const EVEN = Array.from({ length: 600 }, (_, at) => at + 1);

test("classes hold about as many values each, at rounded limits", () => {
  expect(findBreaks(EVEN)).toEqual([100, 200, 300, 400, 500]);
  expect(findBreaks([...EVEN, ...Array<number>(600).fill(1)])).toEqual([200, 400]);
});

test("without different values there is one class", () => {
  expect(findBreaks([])).toEqual([]);
  expect(findBreaks([7, 7, 7])).toEqual([]);
  expect(heatColour(heatOf(7, []) ?? -1, [])).toBe("var(--heat-2)");
});

test("a value has the class of the highest limit that it reaches, and no value has none", () => {
  expect([0, 99, 100, 500, 9_000].map((one) => heatOf(one, [100, 200, 300, 400, 500]))).toEqual([0, 0, 1, 5, 5]);
  expect(heatOf(null, [100])).toBeNull();
});

test("two classes have the two ends of the scale", () => {
  expect([0, 1].map((heat) => heatColour(heat, [10]))).toEqual(["var(--heat-0)", "var(--heat-5)"]);
});
