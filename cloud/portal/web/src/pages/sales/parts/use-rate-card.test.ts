import { expect, it } from "vitest";
import { hasComing, tagToSend, type CardState, type TaggedState } from "./use-rate-card";

const NOW = Date.parse("2026-11-30T08:00:00Z");
const stored = (number: number, valid_from: string) => ({ number, valid_from, version: "a", digest: "b", put_at: valid_from, put_by: "Mary" });
const tagged = (tag: string, ...numbers: number[]): TaggedState =>
  ({ tag, state: { stored: numbers.map((one) => stored(one, "2026-11-30T07:00:00Z")) } as unknown as CardState });

it("sends the version in which the own card has taken effect", () => {
  expect(tagToSend(tagged("before", 7), tagged("after", 7))).toBe("after");
  expect(tagToSend(tagged("before"), tagged("after"))).toBe("after");
});

it("sends the version of the draft where somebody else has put a card", () => {
  expect(tagToSend(tagged("before", 7), tagged("after", 8, 7))).toBe("before");
});

it("looks again until a stored card is in force", () => {
  expect(hasComing({ stored: [stored(1, "2026-11-30T08:00:05Z")] }, NOW)).toBe(true);
  expect(hasComing({ stored: [stored(1, "2026-11-30T07:00:00Z")] }, NOW)).toBe(false);
  expect(hasComing(undefined, NOW)).toBe(false);
});
