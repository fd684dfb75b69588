import { expect, test } from "vitest";
import { readFilter, writeView } from "./filter";

test("an empty address shows four weeks of every location", () => {
  expect(readFilter({})).toEqual({ days: 28, hour_from: 0, hour_until: 24, weekday: [], location: [], measure: "viewers" });
});

test("values that the API would refuse are left out", () => {
  const found = readFilter({ days: "900", hour_from: "9", hour_until: "7", weekday: "1,9,5", venue_type: "x", measure: "price", until: "soon" });
  expect(found).toEqual({ days: 28, hour_from: 0, hour_until: 24, weekday: [1, 5], location: [], measure: "viewers" });
});

test("a saved view has what the page depends on, and nothing else", () => {
  expect(writeView({ days: "7", from: "mail", show: "observed", weekday: "6,7", location: undefined })).toBe("days=7&weekday=6%2C7&show=observed");
});
