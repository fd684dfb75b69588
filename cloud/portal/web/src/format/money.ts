// Amounts. The API sends minor units as integers and amounts as decimal texts; neither becomes a
// binary fraction before it is rounded by the number format.

import { LANGUAGE } from "../text/language";
import { MISSING, type Maybe } from "./number";

/** Digits after the point, such as 2 for GBP and 0 for JPY. */
export function minorDigits(currency: string): number {
  return new Intl.NumberFormat(LANGUAGE, { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
}

/** 1850 and GBP as `£18.50`. */
export function minorMoney(minor: Maybe, currency: string): string {
  return minor === null || minor === undefined ? MISSING : money(minorToDecimal(minor, currency), currency);
}

/** "18.50" and GBP as `£18.50`. */
export function money(amount: string | null | undefined, currency: string): string {
  if (amount === null || amount === undefined || amount === "") return MISSING;
  const format = new Intl.NumberFormat(LANGUAGE, { style: "currency", currency });
  return format.format(amount as unknown as number); // the format reads decimal texts exactly
}

/** 1850 and GBP as "18.50". */
export function minorToDecimal(minor: number, currency: string): string {
  const digits = minorDigits(currency);
  const text = String(Math.abs(minor)).padStart(digits + 1, "0");
  const whole = text.slice(0, text.length - digits);
  const sign = minor < 0 ? "-" : "";
  return digits === 0 ? `${sign}${text}` : `${sign}${whole}.${text.slice(-digits)}`;
}

/** "18.5" and GBP as 1850; null for a text that is not an amount of the currency. */
export function decimalToMinor(text: string, currency: string): number | null {
  const digits = minorDigits(currency);
  const found = /^(-?)(\d{1,12})(?:\.(\d+))?$/.exec(text.trim());
  if (found === null) return null;
  const [, sign = "", whole = "", part = ""] = found;
  if (part.length > digits) return null;
  return Number(`${sign}${whole}${part.padEnd(digits, "0")}`);
}
