import { expect, test } from "vitest";
import { dayRows, describeHour, firstOfWeekHour, weekdayOf, weekdayRows, type CalendarHour, type CalendarScreen } from "./hours";

const RANGE = { p10: 50, p50: 100, p90: 200 };

function hourAt(local: string, changes: Partial<CalendarHour> = {}): CalendarHour {
  return {
    starts_at: new Date(local).toISOString().replace(".000Z", "Z"), local,
    price_minor: 353, price_p10_minor: 210, price_p90_minor: 520, attention_cost: "1.25",
    entries: RANGE, attention_s: RANGE, status: "available", free: 4, estimated: false, ...changes,
  };
}

function screenOf(hours: readonly CalendarHour[]): CalendarScreen {
  return { location: "X", name: "X", timezone: "x", currency: "GBP", positions: 6, hours } as unknown as CalendarScreen;
}

/** The hours of a day as the API lists them: from a first instant on, with the offset of each. */
function dayOf(offsets: readonly [offset: string, hours: readonly number[]][], day: string): CalendarScreen {
  const hours = offsets.flatMap(([offset, of]) => of.map((hour) => hourAt(`${day}T${String(hour).padStart(2, "0")}:00:00${offset}`)));
  return screenOf(hours);
}

const upTo = (from: number, until: number) => Array.from({ length: until - from }, (_, at) => from + at);
const OPTIONS = { measure: "price", breaks: [300] } as const;
const cellCounts = (screen: CalendarScreen) => dayRows(screen, OPTIONS)[0]?.hours.map((cells) => cells.length);

test("the day on which the clock goes forward has 23 hours and an empty column", () => {
  const counts = cellCounts(dayOf([["+00:00", [0]], ["+01:00", upTo(2, 24)]], "2027-03-28"));
  expect(counts).toHaveLength(24);
  expect(counts?.[1]).toBe(0);
  expect(counts?.filter((one) => one === 1)).toHaveLength(23);
});

test("the day on which the clock goes back has 25 hours, two of them in one column and distinguishable", () => {
  const screen = dayOf([["+01:00", [0, 1]], ["+00:00", upTo(1, 24)]], "2026-10-25");
  const cells = dayRows(screen, OPTIONS)[0]?.hours[1] ?? [];
  expect(cellCounts(screen)?.reduce((sum, one) => sum + one, 0)).toBe(25);
  expect(cells.map((cell) => cell.label.slice(0, 29))).toEqual(["Sun 25 Oct 01:00 (UTC+01:00):", "Sun 25 Oct 01:00 (UTC+00:00):"].map((one) => one.slice(0, 29)));
  expect(new Set(cells.map((cell) => cell.id)).size).toBe(2);
});

test("a zone with half hours is shown by its own clock, whatever the clock of the browser is", () => {
  const rows = dayRows(dayOf([["+05:30", upTo(0, 24)]], "2026-11-30"), OPTIONS);
  expect(rows.map((row) => row.label)).toEqual(["Mon 30 Nov"]);
  expect(rows[0]?.hours.every((cells) => cells.length === 1)).toBe(true);
  expect(rows[0]?.hours[0]?.[0]?.id).toBe("2026-11-29T18:30:00Z");
});

test("an hour without a value has no class and is not counted as zero", () => {
  const screen = screenOf([hourAt("2026-11-30T08:00:00+00:00", { attention_cost: null }), hourAt("2026-12-07T08:00:00+00:00")]);
  const options = { measure: "cost", breaks: [1] } as const;
  expect(dayRows(screen, options)[0]?.hours[8]?.[0]?.heat).toBeNull();
  const monday = weekdayRows(screen, options)[0]?.hours[8]?.[0];
  expect(monday?.label).toBe("Monday 08:00: £1.25 · one hour");
  expect(weekdayRows(screen, options)[1]?.hours.flat()).toEqual([]);
});

test("an hour is described with price, audience, state and what is not observed", () => {
  const text = describeHour(hourAt("2026-11-30T08:00:00+00:00", { estimated: true }), { currency: "GBP", positions: 6 });
  expect(text).toBe("Mon 30 Nov 08:00: £3.53 (£2.10 to £5.20) · 100 people · £1.25 for 1,000 s of attention · 4 of 6 positions free · not observed yet");
  expect(describeHour(hourAt("2026-11-30T08:00:00+00:00", { status: "closed" }), { currency: "GBP", positions: 6 })).toContain("screen closed");
});

test("a cell of weekdays stands for its first hour that can be bought", () => {
  const screen = screenOf([hourAt("2026-11-30T08:00:00+00:00", { status: "sold_out" }), hourAt("2026-12-07T08:00:00+00:00")]);
  expect(firstOfWeekHour(screen, "0-8")?.starts_at).toBe("2026-12-07T08:00:00Z");
  expect(firstOfWeekHour(screen, "1-8")).toBeUndefined();
});

test("weeks begin on Monday", () => {
  expect(["2026-11-30", "2026-12-06"].map(weekdayOf)).toEqual([0, 6]);
});
