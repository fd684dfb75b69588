import { LANGUAGE } from "../../../text/language";

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;

/** 9400000000 as `9.4 GB`. */
export function bytes(value: number): string {
  const step = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, value)) / 3)));
  const format = new Intl.NumberFormat(LANGUAGE, { style: "unit", unit: UNITS[step], maximumFractionDigits: 1 });
  return format.format(value / 1000 ** step);
}
