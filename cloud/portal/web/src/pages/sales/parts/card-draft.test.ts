import { expect, it } from "vitest";
import { nextVersion, toCard, toDraft } from "./card-draft";
import type { Card } from "./use-rate-card";

const CARD: Card = {
  version: "reference-2",
  peak_hours: [{ name: "morning peak", from_hour: 7, to_hour: 9, factor: "1.4" }],
  demographic: { commuters: "1.2" },
  traffic: { very_high: "1.3" },
  seasons: [{ name: "winter", months: [11, 12], factor: "1.1" }],
  attention: { least: "0.5", most: "2" },
  limits: { least: "0.5", most: "4" },
  daily_move: null,
  rounding_minor: 1,
};

it("comes back as it was but for the version", () => {
  expect(toCard(toDraft(CARD))).toEqual({ ...CARD, version: "reference-3" });
});

it("leaves what is no number to the API", () => {
  const draft = toDraft(CARD);
  const card = toCard({ ...draft, rounding: "five", bands: [{ name: "a", from: "", to: "9", factor: "x" }] });
  expect(card.rounding_minor).toBe("five");
  expect(card.peak_hours[0]).toEqual({ name: "a", from_hour: "", to_hour: 9, factor: "x" });
});

it("proposes the next version", () => {
  expect(nextVersion("spring-9")).toBe("spring-10");
  expect(nextVersion("spring")).toBe("spring-2");
});
