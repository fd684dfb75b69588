// From the hours of a calendar to the rows of a grid: by day, or averaged by weekday.
//
// The place of an hour is its local time as the API writes it (`2026-11-30T08:00:00+00:00`), so days of 23
// and 25 hours, zones with half hours, and zones other than the browser's need no calculation here.

import type { Schema } from "../../api/client";
import type { CellMark, GridCell, GridRow } from "../../charts/HourGrid";
import { heatOf } from "../../charts/scale";
import { count } from "../../format/number";
import { minorMoney, money } from "../../format/money";
import { dayText } from "../../format/time";
import { explore as t } from "../../text/en/explore";
import { groupBy } from "./group";
import type { Measure } from "./state";

export type CalendarScreen = Schema<"CalendarScreen">;
export type CalendarHour = Schema<"CalendarHour">;

/** The value of an hour in a measure: minor units, people, or an amount; null where there is none. */
export function valueOf(hour: CalendarHour, measure: Measure): number | null {
  if (measure === "price") return hour.price_minor;
  if (measure === "audience") return hour.entries.p50;
  return hour.attention_cost === null ? null : Number(hour.attention_cost);
}

/** A value of a measure as it is written; averages are rounded to whole minor units. */
export function valueText(value: number, measure: Measure, currency: string): string {
  if (measure === "price") return minorMoney(Math.round(value), currency);
  return measure === "audience" ? count(value) : money(value.toFixed(2), currency);
}

export const localDay = (hour: CalendarHour): string => hour.local.slice(0, 10);
export const localHour = (hour: CalendarHour): number => Number(hour.local.slice(11, 13));
export const localClock = (hour: CalendarHour): string => hour.local.slice(11, 16);
const localOffset = (hour: CalendarHour): string => hour.local.slice(19).replace("Z", "+00:00");

/** `Mon 30 Nov` of a date. */
export const dateLabel = (day: string): string => dayText(`${day}T00:00:00Z`, "UTC");

/** 0 is Monday. */
export function weekdayOf(day: string): number {
  return (new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7;
}

export interface GridOptions {
  measure: Measure;
  breaks: readonly number[];
}

/** One row for each day. */
export function dayRows(screen: CalendarScreen, options: GridOptions): readonly GridRow[] {
  return [...groupBy(screen.hours, localDay)].map(([day, hours]) => ({
    id: day,
    label: dateLabel(day),
    hours: byHour(hours, (same) => same.map((hour) => hourCell(hour, screen, options, same.length > 1))),
  }));
}

/** The cell of an hour in a grid of weekdays. */
export const weekHourId = (hour: CalendarHour): string => `${weekdayOf(localDay(hour))}-${localHour(hour)}`;

export const isForSale = ({ status }: CalendarHour): boolean => status === "available" || status === "unknown";

/** The first hour of a cell of weekdays that can be bought; the first of all where none can. */
export function firstOfWeekHour(screen: CalendarScreen, id: string): CalendarHour | undefined {
  const hours = screen.hours.filter((hour) => weekHourId(hour) === id);
  return hours.find(isForSale) ?? hours[0];
}

/** One row for each weekday, Monday first; a cell is the average of its hours that have a value. */
export function weekdayRows(screen: CalendarScreen, options: GridOptions): readonly GridRow[] {
  const days = groupBy(screen.hours, (hour) => weekdayOf(localDay(hour)));
  return t.weekdays.map((label, weekday) => ({
    id: label,
    label,
    hours: byHour(days.get(weekday) ?? [], (same) => averageCell(weekHourId(same[0]!), `${label} ${localClock(same[0]!)}`, same, screen.currency, options)),
  }));
}

function byHour(hours: readonly CalendarHour[], toCells: (same: readonly CalendarHour[]) => readonly GridCell[]): readonly (readonly GridCell[])[] {
  const found = groupBy(hours, localHour);
  return Array.from({ length: 24 }, (_, hour) => { const same = found.get(hour); return same === undefined ? [] : toCells(same); });
}

const MARKS: Partial<Record<CalendarHour["status"], CellMark>> = { past: "past", sold_out: "sold_out", closed: "closed" };

function hourCell(hour: CalendarHour, screen: CalendarScreen, { measure, breaks }: GridOptions, isRepeated: boolean): GridCell {
  return {
    id: hour.starts_at,
    label: describeHour(hour, screen, isRepeated),
    heat: heatOf(valueOf(hour, measure), breaks),
    isEstimated: hour.estimated,
    mark: MARKS[hour.status],
  };
}

/** All that is known of an hour, in one line; an hour that occurs twice has its offset. */
export function describeHour(hour: CalendarHour, { currency, positions }: Pick<CalendarScreen, "currency" | "positions">, isRepeated = false): string {
  const when = `${dateLabel(localDay(hour))} ${localClock(hour)}${isRepeated ? ` (UTC${localOffset(hour)})` : ""}`;
  const price = t.pricedFrom(minorMoney(hour.price_minor, currency), minorMoney(hour.price_p10_minor, currency), minorMoney(hour.price_p90_minor, currency));
  const cost = hour.attention_cost === null ? t.noAttention : t.attentionCost(money(hour.attention_cost, currency));
  const free = hour.status === "available" && hour.free !== null ? t.free(hour.free, positions) : t.status[hour.status];
  return [`${when}: ${price}`, t.people(count(hour.entries.p50)), cost, free, ...(hour.estimated ? [t.estimated] : [])].join(" · ");
}

function averageCell(id: string, label: string, hours: readonly CalendarHour[], currency: string, { measure, breaks }: GridOptions): readonly GridCell[] {
  const values = hours.map((hour) => valueOf(hour, measure)).filter((value) => value !== null);
  const mean = values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
  const text = mean === null ? t.noAttention : valueText(mean, measure, currency);
  return [{ id, label: `${label}: ${text} · ${t.averageOf(values.length)}`, heat: heatOf(mean, breaks), isEstimated: hours.every((hour) => hour.estimated) }];
}
