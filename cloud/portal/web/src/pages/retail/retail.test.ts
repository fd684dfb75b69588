import { describe, expect, test } from "vitest";
import { findAxis, shareOfControl } from "./experiment-axis";
import { compareStores, groupRegions } from "./map-rows";
import { linear, linePath, marks } from "./plot-scale";
import { isApart, priceGap, summarise } from "./price-rows";
import { moveBy, toggled } from "./review-keys";
import { describeOverride, describeTier, describeValue, readRules } from "./rule-texts";
import { AS_NOW, toQuestion } from "./scenario-question";
import type { PriceRow } from "./shared";

function row(store: string, observed: number | null, approved: number | null, promotion: string | null = null, currency = "GBP"): PriceRow {
  return {
    product: "juice", store, region: "north", category: "juice", currency,
    observed: observed === null ? null : { price_minor: observed, list_price_minor: observed, cost_minor: 1, competitor_price_minor: null, inventory: null, promotion, observed_at: "2026-11-30T08:00:00Z", age_s: 60 },
    approved: approved === null ? null : { price_minor: approved } as PriceRow["approved"],
  };
}

describe("prices in stores", () => {
  test("differ only where both are known, and not during a promotion", () => {
    expect(priceGap(row("A", 110, 100))).toBeCloseTo(0.1);
    expect([priceGap(row("A", null, 100)), priceGap(row("A", 100, null))]).toEqual([null, null]);
    expect([isApart(row("A", 110, 100)), isApart(row("A", 110, 100, "deal")), isApart(row("A", 100, 100))]).toEqual([true, false, false]);
    expect(summarise([row("A", 110, 100), row("B", null, 100)])).toEqual({ apart: 1, oldestS: 60 });
    expect(summarise([])).toEqual({ apart: 0, oldestS: null });
  });

  test("are compared with the mean of one currency, and a missing one is no number", () => {
    const store = (name: string) => ({ store: name, region: "north", setting: "urban", cluster: "c", latitude: 1, longitude: 2, timezone: null });
    const found = compareStores(["A", "B", "C", "D"].map(store), [row("A", 90, null), row("B", 110, null), row("D", 500, null, null, "EUR")]);
    expect(found.map((one) => one.index?.toFixed(2) ?? null)).toEqual(["-0.10", "0.10", null, null]);
    expect(found[3]?.isOtherCurrency).toBe(true);
    expect(groupRegions(found)).toEqual([{ region: "north", currency: "GBP", observed: 2, stores: 4, meanMinor: 100, lowestMinor: 90, highestMinor: 110 }]);
    expect(groupRegions(compareStores([store("A")], []))[0]?.meanMinor).toBeNull();
  });
});

test("keys move within the list, and choosing twice takes back", () => {
  expect([moveBy(["a", "b"], "a", 1), moveBy(["a", "b"], "b", 1), moveBy(["a", "b"], "a", -1), moveBy([], "a", 1)]).toEqual(["b", "b", "a", undefined]);
  expect([...toggled(new Set(["a"]), "b")]).toEqual(["a", "b"]);
  expect([...toggled(new Set(["a"]), "a")]).toEqual([]);
});

test("an experiment's axis has zero in its middle and holds every limit", () => {
  const measure = { control: 10, change: -0.1, low: -3, high: 1 };
  const axis = findAxis([measure]);
  expect(axis.to).toBeCloseTo(0.33);
  expect(axis.from).toBe(-axis.to);
  expect(shareOfControl(null, measure)).toBeNull();
  expect(shareOfControl(1, { control: 0 })).toBeNull();
});

test("marks are round, and a line is interrupted where a point is missing", () => {
  expect(marks(0.7, 1.3)).toEqual([0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.3]);
  expect(marks(1, 1)).toEqual([1]);
  expect(linear(0, 10, 0, 100).at(5)).toBe(50);
  expect(linePath([[0, 1], null, [2, 3], [4, 5]])).toBe("M0.0 1.0M2.0 3.0L4.0 5.0");
});

test("a case asks only for what is changed", () => {
  expect(toQuestion("juice", AS_NOW, 200, "GBP")).toEqual({ product: "juice" });
  expect(toQuestion("juice", { price: 1.1, cost: 0.05, competitor: -0.1, move: 0.2 }, 200, "GBP"))
    .toEqual({ product: "juice", price: "2.20", cost_change: "0.05", competitor_price_change: "-0.10", rules: { maximum_move: 0.2 } });
  expect(toQuestion("juice", { ...AS_NOW, price: 1.1 }, null, "GBP")).toEqual({ product: "juice" });
});

test("rules are written in words", () => {
  const rules = readRules({ version: "1", defaults: { minimum_margin: "0.1" }, ladders: { GBP: [{ below: 20, step: 0.1, ending: 0.09 }] }, overrides: [{ category: "juice", region: "north", minimum_margin: 0.08, use_ladder: false }] });
  expect(rules.overrides[0]?.selector).toBe("category juice, region north");
  expect(describeOverride(rules.overrides[0]!)).toBe("Minimum margin: 8% · Price ladder: off");
  expect(describeTier(rules.ladders[0]!.tiers[0]!)).toBe("below 20: steps of 0.1, ending 0.09");
  expect([describeValue("maximum_move", null), describeValue("competitor_band", { least: 0.8, most: null })]).toEqual(["off", "80% – …"]);
});
