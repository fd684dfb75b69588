// The hours of one camera as shares of observed time and of the causes of the rest.

import type { Schema } from "../../../api/client";

type Cell = Schema<"BreakdownCellResponse">;

export const MISSING = "missing";
export const OBSERVED = "observed";

export interface HourPart {
  cause: string;
  seconds: number;
}

export interface ObservedHour {
  startsAt: string;
  parts: readonly HourPart[];
}

/** Each of the hours from `from` on, also those without a report; parts without time are left out. */
export function listHours(cells: readonly Cell[], device: string, from: Date, hours: number): readonly ObservedHour[] {
  const own = new Map(cells.filter((one) => one.device === device).map((one) => [new Date(one.starts_at).getTime(), one]));
  return Array.from({ length: hours }, (_, at) => {
    const startsAt = new Date(from.getTime() + at * 3_600_000);
    return { startsAt: startsAt.toISOString(), parts: listParts(own.get(startsAt.getTime())) };
  });
}

const HOUR_S = 3600;

function listParts(cell: Cell | undefined): readonly HourPart[] {
  if (cell === undefined) return [{ cause: MISSING, seconds: HOUR_S }];
  const whole = Math.max(cell.expected_s, cell.reported_s);
  const observed = cell.observed_s;
  const blind = Object.entries(cell.blind_s).map(([cause, seconds]) => ({ cause, seconds }));
  const explained = observed + blind.reduce((sum, one) => sum + one.seconds, 0);
  const parts = [{ cause: OBSERVED, seconds: observed }, ...blind, { cause: MISSING, seconds: whole - explained }];
  return parts.filter((one) => one.seconds >= 1);
}

/** The causes that occur, observed time first and missing time last. */
export function listCauses(hours: readonly ObservedHour[]): readonly string[] {
  const found = new Set(hours.flatMap((hour) => hour.parts.map((one) => one.cause)));
  const others = [...found].filter((one) => one !== OBSERVED && one !== MISSING).sort();
  return [OBSERVED, ...others, MISSING].filter((one) => found.has(one));
}
