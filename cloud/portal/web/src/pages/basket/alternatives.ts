// Free hours near one that is not available: on the same screen and day, the nearest first.

import type { Schema } from "../../api/client";

const HOUR_MS = 3_600_000;
const MOST = 3;

export interface ShortSlot {
  location: string;
  starts_at: string;
  free: number;
  reason: string;
}

/** The slots of a refusal with 409; none where the problem is another one. */
export function readShortSlots(members: Readonly<Record<string, unknown>> | undefined): readonly ShortSlot[] {
  const found = members?.short_slots;
  return Array.isArray(found) ? (found as ShortSlot[]) : [];
}

type Run = Schema<"AvailsRun">;

/** Starts of the hours of some runs that are free. */
export function listFreeHours(runs: readonly Run[]): readonly number[] {
  return runs
    .filter((run) => run.status === "Available")
    .flatMap((run) => Array.from({ length: run.hours }, (_, number) => Date.parse(run.starts_at) + number * HOUR_MS));
}

/** The free hours that are nearest to an instant, in the order of the day; `taken` are left out. */
export function findNearest(free: readonly number[], wanted: number, taken: ReadonlySet<number>): readonly number[] {
  const distance = (at: number) => Math.abs(at - wanted);
  return free
    .filter((at) => at !== wanted && !taken.has(at))
    .toSorted((one, other) => distance(one) - distance(other) || one - other)
    .slice(0, MOST)
    .toSorted((one, other) => one - other);
}
