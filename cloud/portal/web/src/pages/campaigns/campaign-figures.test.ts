import { expect, it } from "vitest";
import { nameOf, toHex } from "./file-facts";
import { listObservation } from "./observed-parts";
import { pacingState, scaleOf } from "./pacing";
import { decisionTone, isTestOf } from "./test-results";
import { isOld, joinParts, STALE_AFTER_MS, type Performance } from "./use-live-performance";
import { figureText } from "./interval";
import type { Schema } from "../../api/client";

const ratio = (low: number, value: number, high: number) => ({ low, value, high });

it("a campaign is behind or ahead only where the whole interval is", () => {
  expect(pacingState(ratio(0.7, 0.8, 0.9))).toBe("behind");
  expect(pacingState(ratio(0.8, 0.9, 1.1))).toBe("onTrack");
  expect(pacingState(ratio(1.1, 1.2, 1.3))).toBe("ahead");
  expect(pacingState(null)).toBe("uncertain");
});

it("the scale ends at the goal, or where more was delivered", () => {
  const pacing = (high: number) => ({ delivered_share: ratio(0.1, 0.2, high), expected_share: 0.5 }) as unknown as Schema<"PacingDocument">;
  expect(scaleOf(pacing(0.3))(0.5)).toBe("50%");
  expect(scaleOf(pacing(2))(0.5)).toBe("25%");
});

it("observed, causes and unreported time make the whole; what has no time is left out", () => {
  const found = { expected_s: 100, observed_s: 60, observed_share: 0.6, unobserved_s: { dark: 10, offline: 20 }, unreported_s: 10 };
  const parts = listObservation(found as Schema<"ObservationDocument">);
  expect(parts.map((part) => [part.label, part.share])).toEqual([["Observed", 0.6], ["Camera offline", 0.2], ["Too dark", 0.1], ["Not reported by any camera", 0.1]]);
  expect(listObservation({ ...found, unobserved_s: {}, unreported_s: 0 } as Schema<"ObservationDocument">)).toHaveLength(1);
});

it("figures are old after three events that did not come, while the campaign runs", () => {
  expect(isOld("open", 0, STALE_AFTER_MS)).toBe(false);
  expect(isOld("interrupted", 0, STALE_AFTER_MS + 1)).toBe(true);
  expect(isOld("ended", 0, 1e9)).toBe(false);
});

it("an event replaces the figures and keeps the parts by screen", () => {
  const first = { at: "1", parts: ["a"] } as unknown as Performance;
  const event = { at: "2", parts: ["line"] } as unknown as Performance;
  expect(joinParts(event, first)).toEqual({ at: "2", parts: ["a"] });
  expect(joinParts(undefined, first)).toBe(first);
});

it("large figures have no decimals", () => expect([1234.5, 12.34, 0.1234].map(figureText)).toEqual(["1,235", "12.3", "0.12"]));

it("a test belongs to a campaign by its creatives", () => {
  expect(isTestOf({ creatives: ["a", "b"] }, new Set(["b"]))).toBe(true);
  expect(isTestOf({ creatives: ["a"] }, new Set(["b"]))).toBe(false);
  expect(decisionTone("undecided")).toBe("neutral");
});

it("a file's name becomes a name of the player", () => {
  expect(nameOf("Winter Tee (10s).mp4")).toBe("Winter-Tee-10s-");
  expect(toHex(new Uint8Array([0, 255]).buffer)).toBe("00ff");
});
