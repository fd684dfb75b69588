import { expect, it } from "vitest";
import { findNearest, listFreeHours, readShortSlots } from "./alternatives";

const HOUR = 3_600_000;
const EIGHT = Date.parse("2027-11-22T08:00:00Z");

it("free hours are those of available runs, hour by hour", () => {
  const runs = [
    { starts_at: "2027-11-22T08:00:00Z", hours: 2, status: "Available", reason: null, free: 4 },
    { starts_at: "2027-11-22T10:00:00Z", hours: 3, status: "Unavailable", reason: "Booked", free: 0 },
  ] as const;
  expect(listFreeHours(runs)).toEqual([EIGHT, EIGHT + HOUR]);
});

it("alternatives are the three nearest hours that the basket does not have", () => {
  const free = [-3, -1, 0, 1, 2, 9].map((hours) => EIGHT + hours * HOUR);
  const nearest = findNearest(free, EIGHT, new Set([EIGHT + HOUR]));
  expect(nearest.map((at) => (at - EIGHT) / HOUR)).toEqual([-3, -1, 2]);
});

it("another refusal has no slots", () => {
  expect(readShortSlots(undefined)).toEqual([]);
  expect(readShortSlots({ detail: "x" })).toEqual([]);
});
