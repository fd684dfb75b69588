// The hours of a plan: by screen, and as slots of the basket.

import type { Schema } from "../../api/client";
import type { BasketSlot } from "../../basket/basket";
import { decimalToMinor } from "../../format/money";
import { groupBy } from "../explore/group";

export type PlanLine = Schema<"PlanLineResponse">;
export type PlanResult = Schema<"PlanResponse">;

export interface ScreenShare {
  location: string;
  hours: number;
  positions: number;
  costMinor: number;
  impressions: number;
}

/** What a plan buys of each screen, the most impressions first. */
export function sumByScreen(lines: readonly PlanLine[], currency: string): readonly ScreenShare[] {
  const shares = [...groupBy(lines, (line) => line.location)].map(([location, of]) => ({
    location,
    hours: of.length,
    positions: sum(of, (line) => line.positions),
    costMinor: sum(of, (line) => decimalToMinor(line.cost, currency) ?? 0),
    impressions: sum(of, (line) => line.impressions),
  }));
  return shares.toSorted((a, b) => b.impressions - a.impressions);
}

/** Instants in UTC, as the basket and the calendar name hours. */
export function toSlots(lines: readonly PlanLine[]): readonly BasketSlot[] {
  return lines.map(({ location, time_slot: slot, positions }) => ({ location, startsAt: toInstant(slot), positions }));
}

export function toInstant(slot: string): string {
  return new Date(slot).toISOString().replace(".000Z", "Z");
}

/** A step of the budget that is easy to think of: about a tenth of it, a power of ten. */
export function findBudgetStep(budget: number): number {
  return 10 ** Math.max(0, Math.floor(Math.log10(Math.max(budget, 1))) - 1);
}

function sum<Value>(values: readonly Value[], of: (value: Value) => number): number {
  return values.reduce((total, one) => total + of(one), 0);
}
