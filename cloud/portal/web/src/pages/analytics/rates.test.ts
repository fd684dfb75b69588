import { expect, test } from "vitest";
import { describeCell, describeRate, findEvenBreaks, findScale, formatRate, type RateCell } from "./rates";

const measured: RateCell = { state: "measured", rate: { value: 0.187, low: 0.171, high: 0.203, days: 28 }, observed_share: 0.97, visits: 1200, viewers: 224 };
const silent: RateCell = { state: "not_observed", rate: null, observed_share: 0, visits: null, viewers: null };

test("a rate has its interval and the observed share beside it", () => {
  expect(describeCell(measured, "viewers")).toBe("18.7% (17.1% to 20.3%) · 97% observed");
  expect(formatRate(1234.4, "attention_per_hour")).toBe("1,234 s");
});

test("what was not observed is said, and is no zero", () => {
  expect(describeCell(silent, "viewers")).toBe("not observed · 0% observed");
  expect(formatRate(null, "viewers")).toBe("—");
  expect(describeRate({ ...measured, rate: { value: 0.2, low: null, high: null, days: 2 } }, "viewers")).toBe("20%, fewer than three observed days");
});

test("bars share a scale that ends at a rounded value", () => {
  expect(findScale([measured, silent])).toBe(0.25);
  expect(findScale([silent])).toBe(1);
  expect(findScale([{ ...measured, rate: { value: 1800, low: 1500, high: 2100, days: 28 } }])).toBe(2500);
});

test("classes have equal widths, and rates that hardly differ few of them", () => {
  expect(findEvenBreaks([0.02, 0.165, 0.33])).toEqual([0.1, 0.2, 0.3]);
  expect(findEvenBreaks([0.195, 0.197, 0.246])).toEqual([0.2, 0.21, 0.22, 0.23, 0.24]);
  expect(findEvenBreaks([0.2])).toEqual([]);
  expect(findEvenBreaks([])).toEqual([]);
});
