import { expect, test } from "vitest";
import { decodePixels, mayAsk, pollMs, type Preview } from "./preview";

const READY: Preview = { status: "ready", allowed: true, asked_at: null, reason: null, picture: null };

test("a block becomes one grey, opaque pixel", () => {
  const pixels = decodePixels({ width: 2, height: 1, grey: btoa(String.fromCharCode(0, 200)) });
  expect([...(pixels ?? [])]).toEqual([0, 0, 0, 255, 200, 200, 200, 255]);
});

test("values that do not fill the size are not drawn", () => {
  expect(decodePixels({ width: 3, height: 1, grey: btoa("ab") })).toBeNull();
});

test("the state is read often while a picture may come", () => {
  const often = pollMs({ ...READY, status: "waiting" });
  expect(pollMs({ ...READY, status: "no_answer" })).toBe(often);
  expect(pollMs(READY)).toBeGreaterThan(often);
  expect(pollMs(undefined)).toBeGreaterThan(often);
});

test("a camera is asked where it allows it, is online and no answer is awaited", () => {
  const statuses = (["ready", "shown", "refused", "no_answer", "waiting", "offline"] as const).map((status) => mayAsk({ ...READY, status }));
  expect(statuses).toEqual([true, true, true, true, false, false]);
  expect(mayAsk({ ...READY, status: "not_allowed", allowed: false })).toBe(false);
  expect(mayAsk({ ...READY, status: "not_allowed", allowed: null })).toBe(false);
});
