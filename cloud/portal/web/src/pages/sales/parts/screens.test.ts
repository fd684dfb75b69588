import { expect, it } from "vitest";
import { fieldInstant, slotName } from "./screens";

it("names a slot only by a whole hour of a day", () => {
  expect(slotName("2026-11-30", "08:00")).toBe("2026-11-30T08:00");
  expect(slotName("2026-11-30", "08:30")).toBeNull();
  expect(slotName("", "08:00")).toBeNull();
});

it("reads a moment of the viewer's clock", () => {
  expect(fieldInstant("2026-11-30T08:00")).toBe(new Date(2026, 10, 30, 8).toISOString());
  expect(fieldInstant("")).toBeNull();
});
