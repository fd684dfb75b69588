// Numbers as the reader's language writes them. A missing value is the text of `MISSING`.

import { LANGUAGE } from "../text/language";

export const MISSING = "—";
export type Maybe = number | null | undefined;

const isMissing = (value: Maybe): value is null | undefined => value === null || value === undefined || Number.isNaN(value);

export function count(value: Maybe): string {
  return decimal(value, 0);
}

export function decimal(value: Maybe, digits = 1): string {
  if (isMissing(value)) return MISSING;
  return new Intl.NumberFormat(LANGUAGE, { maximumFractionDigits: digits }).format(value);
}

/** 1234567 as `1.2m`, for charts. */
export function compact(value: Maybe): string {
  if (isMissing(value)) return MISSING;
  return new Intl.NumberFormat(LANGUAGE, { notation: "compact", maximumFractionDigits: 1 }).format(value);
}

/** A ratio of 0 to 1 as a percentage. */
export function share(value: Maybe, digits = 0): string {
  if (isMissing(value)) return MISSING;
  return new Intl.NumberFormat(LANGUAGE, { style: "percent", maximumFractionDigits: digits }).format(value);
}

/** A ratio with its sign, such as `+12 %`: for changes. */
export function change(value: Maybe, digits = 0): string {
  if (isMissing(value)) return MISSING;
  return new Intl.NumberFormat(LANGUAGE, { style: "percent", maximumFractionDigits: digits, signDisplay: "exceptZero" }).format(value);
}
