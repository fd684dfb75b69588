// What follows from the rows of prices; a missing price has no difference.

import type { PriceRow } from "./shared";

/** A difference below it is rounding of a label. */
const NOTABLE = 0.005;

export const priceKey = (row: { product: string; store: string }): string => `${row.product} ${row.store}`;

/** The price in the store against the approved one, as a share; null where one of them is missing. */
export function priceGap(row: PriceRow): number | null {
  if (row.observed === null || row.approved === null) return null;
  return row.observed.price_minor / row.approved.price_minor - 1;
}

/** Whether the store has not the approved price, although no promotion explains it. */
export function isApart(row: PriceRow): boolean {
  const gap = priceGap(row);
  return gap !== null && Math.abs(gap) > NOTABLE && row.observed?.promotion === null;
}

export function summarise(rows: readonly PriceRow[]): { apart: number; oldestS: number | null } {
  const ages = rows.flatMap((row) => (row.observed === null ? [] : [row.observed.age_s]));
  return { apart: rows.filter(isApart).length, oldestS: ages.length === 0 ? null : Math.max(...ages) };
}
