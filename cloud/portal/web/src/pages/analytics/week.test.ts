import { expect, test } from "vitest";
import { buildRows, valueOf, type WeekHour } from "./week";

const hour = (weekday: number, at: number, value: number | null, state: WeekHour["state"] = "measured"): WeekHour => ({
  weekday, hour: at, state, rate: value === null ? null : { value, low: null, high: null, days: 2 }, observed_share: value === null ? 0 : 0.5,
  observed_s: 1800, expected_s: 3600, visits: value === null ? null : 40, viewers: value === null ? null : 8, attention_s: null, ots_s: null,
});
const WEEK = [hour(1, 8, 0.2), hour(1, 9, null, "not_observed"), hour(1, 10, null, "not_expected"), hour(7, 8, 0.4)];

test("weekdays that were not asked for are absent", () => {
  expect(buildRows(WEEK, "viewers", "rate", [0.3]).map((row) => row.label)).toEqual(["Mon", "Sun"]);
});

test("an hour that was not observed is hatched and has no colour; one without a camera has neither", () => {
  const monday = buildRows(WEEK, "viewers", "rate", [0.3])[0];
  const [eight, nine, ten] = [8, 9, 10].map((at) => monday?.hours[at]?.[0]);
  expect(eight).toMatchObject({ heat: 0, isEstimated: false });
  expect(nine).toMatchObject({ heat: null, isEstimated: true, label: "Mon 09:00: not observed · 0% observed" });
  expect(ten).toMatchObject({ heat: null, isEstimated: false });
  expect(monday?.hours[11]).toEqual([]);
});

test("the observed share of an hour without data is zero, which is known", () => {
  expect(WEEK.map((one) => valueOf(one, "observed"))).toEqual([0.5, 0, 0, 0.5]);
});
