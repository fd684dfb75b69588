// Rates and their limits as text and as values of a table. A rate that there is not is null, never zero.

import type { Schema } from "../../api/client";
import { count, decimal, MISSING, share } from "../../format/number";
import { analytics as t } from "../../text/en/analytics";
import type { Measure } from "./filter";

export type RateCell = Pick<Schema<"LocationDocument">, "state" | "rate" | "observed_share" | "visits" | "viewers">;

export function formatRate(value: number | null | undefined, measure: Measure): string {
  if (value === null || value === undefined) return MISSING;
  return measure === "attention_per_hour" ? `${count(value)} s` : share(value, 1);
}

/** "18.7 % (17.1 % to 20.3 %)", or the state in words. */
export function describeRate(cell: RateCell, measure: Measure): string {
  const { rate } = cell;
  if (rate === null) return t.states[cell.state];
  if (rate.low === null || rate.high === null) return `${formatRate(rate.value, measure)}, ${t.noInterval}`;
  return t.rateText(formatRate(rate.value, measure), formatRate(rate.low, measure), formatRate(rate.high, measure));
}

/** With the observed share, for a cell of a map or a grid. */
export function describeCell(cell: RateCell, measure: Measure): string {
  const observed = cell.observed_share === null ? "" : ` · ${t.observedText(share(cell.observed_share))}`;
  return `${describeRate(cell, measure)}${observed}`;
}

/** The end of a common scale for bars: a rounded value beyond every limit. */
export function findScale(cells: readonly RateCell[]): number {
  const most = Math.max(0, ...cells.map((one) => one.rate?.high ?? one.rate?.value ?? 0));
  if (most === 0) return 1;
  const step = 10 ** Math.floor(Math.log10(most));
  return Number((Math.ceil((2 * most) / step) * (step / 2)).toPrecision(6));
}

const CLASSES = 6;

/**
 * Limits of six classes of equal width, rounded. Classes of equal numbers would give rates that chance alone tells apart
 * the ends of the scale.
 */
export function findEvenBreaks(values: readonly number[]): readonly number[] {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  if (!(most > least)) return [];
  const rough = (most - least) / CLASSES;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((one) => one * unit >= rough) ?? 10) * unit;
  const first = Math.floor(least / step) + 1;
  const limits = Array.from({ length: CLASSES - 1 }, (_, at) => Number(((first + at) * step).toPrecision(6)));
  return limits.filter((limit) => limit <= most);
}

/** A value for CSV and sorting, with four significant digits beyond the point. */
export const rounded = (value: number | null | undefined): number | null => (value === null || value === undefined ? null : Number(decimalText(value)));

const decimalText = (value: number) => decimal(value, 5).replaceAll(",", "");
