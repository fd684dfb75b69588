import { expect, test } from "vitest";
import { addDays, findFaults, newBrief, toForm, toRequest, toggle, type BriefForm, type StoredRequest } from "./brief";

const FORM: BriefForm = {
  ...newBrief("2026-11-29", "GBP"), places: "screens", screens: ["KX-01"], fromHour: 7, toHour: 10, weekdays: "weekdays",
  ages: ["25-34"], gender: "female", objective: "roi", value: 0.02, positions: 2, spendPerScreen: 100, minReach: 5_000,
};

test("a new brief is for the week from tomorrow on, and everybody", () => {
  const request = toRequest(newBrief("2026-11-29", "GBP"));
  expect([request.from, request.until]).toEqual(["2026-11-30", "2026-12-07"]);
  expect([request.dayparts, request.locations, request.minimums, request.target]).toEqual([[], [], [], { ages: [], genders: [] }]);
});

test("a brief survives being sent and read again", () => {
  expect(toForm(toRequest(FORM) as unknown as StoredRequest)).toEqual(FORM);
  const plain = newBrief("2026-02-27", "JPY");
  expect(toForm(toRequest(plain) as unknown as StoredRequest)).toEqual(plain);
});

test("an absent number is no limit, and never zero", () => {
  const request = toRequest({ ...FORM, spendPerScreen: NaN, minReach: NaN, value: NaN });
  expect([request.caps.max_spend_per_screen, request.value_per_impression, request.minimums]).toEqual([null, null, []]);
});

test("faults are found before the brief is sent", () => {
  expect(findFaults(FORM)).toEqual([]);
  expect(findFaults({ ...FORM, budget: NaN, lastDay: "2026-11-01", screens: [], value: NaN, toHour: 7 })).toEqual(["budget", "period", "places", "value", "hours"]);
});

test("days are counted over the end of a month and of daylight saving", () => {
  expect([addDays("2026-10-24", 2), addDays("2026-03-01", -1)]).toEqual(["2026-10-26", "2026-02-28"]);
  expect(toggle(toggle(["a"], "b"), "a")).toEqual(["b"]);
});
