import { expect, test } from "vitest";
import { LiveBoard, STALE_AFTER_MS, sumWindows, WINDOW_MS, type LiveWindow } from "./live-board";

const NOW = Date.parse("2026-11-30T12:02:00Z");
const iso = (at: number) => new Date(at).toISOString();
const START = Math.floor(NOW / WINDOW_MS) * WINDOW_MS;

function window(start: number, crowd: number | null, entries: number | null = 3): LiveWindow {
  return { starts_at: iso(start), ends_at: iso(start + WINDOW_MS), crowd, entries, onlookers: 1, visits: 2, attention_s: 4, cameras: 1, expected_cameras: 1, observed_share: 1 };
}

function answer(reportedUntil: number | null) {
  return { location: "KX-01", asked_at: iso(NOW), reported_until: reportedUntil === null ? null : iso(reportedUntil), windows: [window(START, 6)] };
}

test("an answer has a current figure until it is too old", () => {
  const board = new LiveBoard();
  board.load(answer(NOW - 20_000), NOW);
  expect(board.current("KX-01", NOW)?.crowd).toBe(6);
  expect(board.current("KX-01", NOW + STALE_AFTER_MS)).toBeUndefined();
  expect(board.age("KX-01", NOW)).toBe(20_000);
});

test("nothing that was reported is not a zero", () => {
  const board = new LiveBoard();
  board.load({ ...answer(null), windows: [] }, NOW);
  expect(board.current("KX-01", NOW)).toBeUndefined();
  expect(board.age("KX-01", NOW)).toBeUndefined();
  expect(sumWindows(board.lastHour("KX-01", NOW).map((one) => one.window)).entries).toBeNull();
});

test("an event replaces its window; a late one says nothing of now", () => {
  const board = new LiveBoard();
  board.load(answer(NOW - STALE_AFTER_MS - 1), NOW);
  board.apply("KX-01", window(START - WINDOW_MS, 9), NOW);
  expect(board.current("KX-01", NOW)).toBeUndefined();
  board.apply("KX-01", window(START, 2), NOW);
  expect(board.current("KX-01", NOW)?.crowd).toBe(2);
  const hour = board.lastHour("KX-01", NOW);
  expect(hour).toHaveLength(12);
  expect(hour.map((one) => one.window?.crowd ?? null).slice(-2)).toEqual([9, 2]);
});

test("sums leave out what was not counted", () => {
  expect(sumWindows([window(0, 1, 4), undefined, window(0, 1, null)]).entries).toBe(4);
});
