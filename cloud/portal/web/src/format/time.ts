// Instants in the zone of a location, or of the viewer; durations and ages in words.

import { LANGUAGE } from "../text/language";
import { common } from "../text/en";
import { MISSING, type Maybe } from "./number";

type Instant = string | number | Date | null | undefined;

export const viewerZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

function write(instant: Instant, options: Intl.DateTimeFormatOptions): string {
  if (instant === null || instant === undefined) return MISSING;
  const at = new Date(instant);
  return Number.isNaN(at.getTime()) ? MISSING : new Intl.DateTimeFormat(LANGUAGE, options).format(at);
}

/** `30 Nov 2026, 08:00`; with a zone, as its clocks show it. */
export function instantText(instant: Instant, zone?: string): string {
  return write(instant, { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", timeZone: zone });
}

/** The same with the name of the zone, such as `GMT`. */
export function instantWithZone(instant: Instant, zone?: string): string {
  return write(instant, { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short", timeZone: zone });
}

/** `Mon 30 Nov`. */
export function dayText(instant: Instant, zone?: string): string {
  return write(instant, { weekday: "short", day: "numeric", month: "short", timeZone: zone });
}

/** `30 Nov 2026`, also of a date such as `2026-11-30`. */
export function dateText(instant: Instant, zone?: string): string {
  const isDate = typeof instant === "string" && /^\d{4}-\d{2}-\d{2}$/.test(instant);
  return write(instant, { day: "numeric", month: "short", year: "numeric", timeZone: isDate ? "UTC" : zone });
}

/** `November 2026` of a date. */
export function monthText(day: string): string {
  return write(day, { month: "long", year: "numeric", timeZone: "UTC" });
}

/** `08:00`. */
export function clockText(instant: Instant, zone?: string): string {
  return write(instant, { hour: "2-digit", minute: "2-digit", timeZone: zone });
}

/** The date in a zone as `2026-11-30`. */
export function isoDate(instant: string | number | Date, zone?: string): string {
  const parts = new Intl.DateTimeFormat("en-CA", { year: "numeric", month: "2-digit", day: "2-digit", timeZone: zone });
  return parts.format(new Date(instant));
}

/** `45 s`, `12 min`, `3 h 5 min`, `2 days`. */
export function duration(seconds: Maybe): string {
  if (seconds === null || seconds === undefined) return MISSING;
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 90) return common.seconds(whole);
  const minutes = Math.round(whole / 60);
  if (minutes < 90) return common.minutes(minutes);
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  if (hours < 36) return rest === 0 ? common.hours(hours) : `${common.hours(hours)} ${common.minutes(rest)}`;
  return common.days(Math.round(hours / 24));
}

/** `4 min ago`, by a clock that is given. */
export function ago(instant: Instant, now: number = Date.now()): string {
  if (instant === null || instant === undefined) return MISSING;
  return common.ago(duration((now - new Date(instant).getTime()) / 1000));
}
