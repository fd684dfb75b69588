import { describe, expect, test } from "vitest";
import { decimalToMinor, minorMoney, minorToDecimal, money } from "./money";
import { change, count, decimal, share } from "./number";
import { ago, clockText, dateText, duration, instantText, isoDate } from "./time";

const flat = (text: string) => text.replaceAll("\u202f", " ").replaceAll("\u00a0", " ");

describe("money", () => {
  test("is written with the minor units of its currency", () => {
    expect(minorMoney(1850, "GBP")).toBe("£18.50");
    expect(minorMoney(-5, "EUR")).toBe("-€0.05");
    expect(minorMoney(1234567, "JPY")).toBe("JP¥1,234,567");
    expect(money("90071992547409.93", "GBP")).toBe("£90,071,992,547,409.93");
  });

  test("that is missing is a dash", () => {
    expect(minorMoney(null, "GBP")).toBe("—");
    expect(money(undefined, "GBP")).toBe("—");
  });

  test("is read exactly, or refused", () => {
    expect(decimalToMinor("18.5", "GBP")).toBe(1850);
    expect(decimalToMinor("0.1", "BHD")).toBe(100);
    expect(decimalToMinor("1.005", "GBP")).toBeNull();
    expect(decimalToMinor("1.5", "JPY")).toBeNull();
    expect(decimalToMinor("1e3", "GBP")).toBeNull();
    expect(minorToDecimal(-7, "GBP")).toBe("-0.07");
  });
});

test("numbers that are missing are dashes, zero is a zero", () => {
  expect([count(null), decimal(undefined), share(Number.NaN), change(null)]).toEqual(["—", "—", "—", "—"]);
  expect(count(0)).toBe("0");
  expect(decimal(6.25)).toBe("6.3");
  expect(flat(share(0.187, 1))).toBe("18.7%");
  expect(change(0.12)).toBe("+12%");
});

describe("instants", () => {
  test("are shown in the zone of the screen", () => {
    expect(clockText("2026-07-01T23:30:00Z", "Europe/London")).toBe("00:30");
    expect(isoDate("2026-07-01T23:30:00Z", "Europe/London")).toBe("2026-07-02");
    expect(instantText("2026-11-30T08:00:00Z", "UTC")).toContain("30 Nov 2026");
    expect(dateText("2026-11-30")).toBe("30 Nov 2026");
    expect(instantText(null)).toBe("—");
    expect(instantText("not an instant")).toBe("—");
  });

  test("durations have the unit that can be read", () => {
    expect([45, 100, 7500, 11_100, 200_000].map(duration)).toEqual(["45 s", "2 min", "2 h 5 min", "3 h 5 min", "2 days"]);
    expect(ago("2026-11-30T08:00:00Z", Date.parse("2026-11-30T08:04:00Z"))).toBe("4 min ago");
  });
});
