import { expect, it } from "vitest";
import type { Schema } from "../../../api/client";
import { listCauses, listHours } from "./observed";

const FROM = new Date("2026-11-20T10:00:00Z");
const cell = (startsAt: string, change: object) =>
  ({ device: "cam-1", starts_at: startsAt, reported_s: 3600, expected_s: 3600, observed_s: 0, blind_s: {}, ...change }) as Schema<"BreakdownCellResponse">;

it("an hour is split by cause, and what no report explains is missing", () => {
  const [first] = listHours([cell("2026-11-20T10:00:00Z", { observed_s: 1800, blind_s: { dark: 900 } })], "cam-1", FROM, 1);
  expect(first?.parts).toEqual([{ cause: "observed", seconds: 1800 }, { cause: "dark", seconds: 900 }, { cause: "missing", seconds: 900 }]);
});

it("an hour without a report is missing, not zero", () => {
  const hours = listHours([cell("2026-11-20T11:00:00Z", { observed_s: 3600 })], "cam-1", FROM, 2);
  expect(hours.map((one) => one.parts.map((part) => part.cause))).toEqual([["missing"], ["observed"]]);
});

it("hours of other cameras do not count", () => {
  const [first] = listHours([cell("2026-11-20T10:00:00Z", { device: "cam-2", observed_s: 3600 })], "cam-1", FROM, 1);
  expect(first?.parts).toEqual([{ cause: "missing", seconds: 3600 }]);
});

it("observed time is listed first and missing time last", () => {
  const hours = listHours([cell("2026-11-20T10:00:00Z", { observed_s: 600, blind_s: { paused: 600, dark: 600 } })], "cam-1", FROM, 1);
  expect(listCauses(hours)).toEqual(["observed", "dark", "paused", "missing"]);
});
