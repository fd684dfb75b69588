// The hours of the week as the rows of a grid: by attention, or by what was observed.

import type { Schema } from "../../api/client";
import type { GridCell, GridRow } from "../../charts/HourGrid";
import { heatOf } from "../../charts/scale";
import { share } from "../../format/number";
import { analytics as t } from "../../text/en/analytics";
import type { Measure } from "./filter";
import { describeCell } from "./rates";

export type WeekHour = Schema<"WeekHourDocument">;
export type Shown = "rate" | "observed";

/** What the colour of a cell stands for; null without a value. */
export function valueOf(hour: WeekHour, shown: Shown): number | null {
  return shown === "observed" ? hour.observed_share : (hour.rate?.value ?? null);
}

/** One row for each weekday that the analysis has; hours without a value are hatched. */
export function buildRows(hours: readonly WeekHour[], measure: Measure, shown: Shown, breaks: readonly number[]): readonly GridRow[] {
  const rows = t.time.weekdays.map((label, at) => ({ id: String(at + 1), label, hours: listHours(hours, at + 1, measure, shown, breaks) }));
  return rows.filter((row) => row.hours.some((cells) => cells.length > 0));
}

function listHours(hours: readonly WeekHour[], weekday: number, measure: Measure, shown: Shown, breaks: readonly number[]): GridCell[][] {
  const cells: GridCell[][] = Array.from({ length: 24 }, () => []);
  for (const hour of hours) {
    if (hour.weekday === weekday) cells[hour.hour]?.push(toCell(hour, measure, shown, breaks));
  }
  return cells;
}

function toCell(hour: WeekHour, measure: Measure, shown: Shown, breaks: readonly number[]): GridCell {
  const value = valueOf(hour, shown);
  const when = describeHour(hour);
  const text = shown === "observed" ? t.observedText(share(hour.observed_share)) : describeCell(hour, measure);
  return { id: `${hour.weekday}-${hour.hour}`, label: `${when}: ${text}`, heat: heatOf(value, breaks), isEstimated: value === null && hour.state !== "not_expected" };
}

export function describeHour(hour: WeekHour): string {
  return `${t.time.weekdays[hour.weekday - 1] ?? ""} ${String(hour.hour).padStart(2, "0")}:00`;
}
