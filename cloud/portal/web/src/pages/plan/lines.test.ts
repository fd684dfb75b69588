import { expect, test } from "vitest";
import { findBudgetStep, sumByScreen, toSlots, type PlanLine } from "./lines";

const line = (location: string, slot: string, cost: string, impressions: number, positions = 1): PlanLine => ({ location, time_slot: slot, positions, cost, impressions, impressions_range: null });

test("amounts of a screen are added in minor units", () => {
  const lines = [line("B", "2026-11-30T08:00:00+00:00", "0.10", 5), line("A", "2026-11-30T08:00:00+00:00", "0.10", 4, 2), line("A", "2026-11-30T09:00:00+00:00", "0.20", 3)];
  expect(sumByScreen(lines, "GBP")).toEqual([
    { location: "A", hours: 2, positions: 3, costMinor: 30, impressions: 7 },
    { location: "B", hours: 1, positions: 1, costMinor: 10, impressions: 5 },
  ]);
});

test("hours of zones with half hours, and both hours of a repeated one, are different slots", () => {
  const slots = toSlots(["2026-11-30T08:00:00+05:30", "2026-10-25T01:00:00+01:00", "2026-10-25T01:00:00+00:00"].map((slot) => line("A", slot, "1.00", 1)));
  expect(slots.map((one) => one.startsAt)).toEqual(["2026-11-30T02:30:00Z", "2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z"]);
});

test("the step of a budget is a power of ten", () => {
  expect([2_500, 500, 12, 0.5].map(findBudgetStep)).toEqual([100, 10, 1, 1]);
});
