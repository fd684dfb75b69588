import { useGet, type Schema } from "../../api/client";
import { Card, Segments, Select, type Choice } from "../../design";
import { analytics as t } from "../../text/en/analytics";
import type { Measure } from "./filter";
import type { FilterState } from "./use-filter";

export type FilterField = "measure" | "hours" | "weekdays" | "location";

const ALL = "all";
const DAYPARTS: readonly (readonly [from: number, until: number])[] = [[0, 24], [7, 10], [10, 16], [16, 19], [19, 24]];

/** Days and venue of every analysis, and the fields that a page uses beside them. */
export function FilterBar({ state, fields }: { state: FilterState; fields: readonly FilterField[] }) {
  const { filter, set } = state;
  const locations = useGet("/api/locations").data?.locations ?? [];
  const shown = new Set(fields);
  return (
    <Card>
      <div className="fields" role="group" aria-label={t.filters}>
        <Select label={t.days} choices={listDays(filter.days)} value={String(filter.days)} onChange={(days) => set({ days })} />
        {shown.has("measure") && <Select label={t.measure} choices={MEASURES} value={filter.measure} onChange={(measure) => set({ measure })} />}
        {shown.has("hours") && <Select label={t.hours} choices={listHours(filter.hour_from, filter.hour_until)} value={hoursOf(filter.hour_from, filter.hour_until)} onChange={(hours) => set(readHours(hours))} />}
        {shown.has("weekdays") && <Segments label={t.weekdays} choices={listWeekdays(filter.weekday.join(","))} value={filter.weekday.join(",") || ALL} onChange={(one) => set({ weekday: one === ALL ? "" : one })} />}
        <Select label={t.venue} choices={listVenues(locations)} value={filter.venue_type ?? ALL} onChange={(one) => set({ venue_type: one === ALL ? "" : one, location: "" })} />
        {shown.has("location") && <Select label={t.location} choices={listLocations(locations, filter.venue_type)} value={filter.location[0] ?? ALL} onChange={(one) => set({ location: one === ALL ? "" : one })} />}
      </div>
    </Card>
  );
}

const MEASURES = Object.entries(t.measures).map(([value, label]) => ({ value: value as Measure, label }));

function listDays(days: number): readonly Choice[] {
  const known = Object.entries(t.dayCounts).map(([value, label]) => ({ value, label }));
  return String(days) in t.dayCounts ? known : [...known, { value: String(days), label: String(days) }];
}

const hoursOf = (from: number, until: number) => `${from}-${until}`;

function listHours(from: number, until: number): readonly Choice[] {
  const known = DAYPARTS.some((one) => one[0] === from && one[1] === until);
  return [...DAYPARTS, ...(known ? [] : [[from, until] as const])].map((one) => ({ value: hoursOf(...one), label: describeHours(...one) }));
}

function describeHours(from: number, until: number): string {
  const clock = (hour: number) => `${String(hour).padStart(2, "0")}:00`;
  return from === 0 && until === 24 ? t.allDay : `${clock(from)}–${clock(until)}`;
}

function readHours(text: string): { hour_from: string; hour_until: string } {
  const [from = "0", until = "24"] = text.split("-");
  return { hour_from: from === "0" ? "" : from, hour_until: until === "24" ? "" : until };
}

function listWeekdays(chosen: string): readonly Choice[] {
  const known = Object.entries(t.weekdayChoices).map(([value, label]) => ({ value: value || ALL, label }));
  return chosen in t.weekdayChoices ? known : [...known, { value: chosen, label: t.chosenDays }];
}

function listVenues(locations: readonly Schema<"LocationResponse">[]): readonly Choice[] {
  const names = new Map(locations.map((one) => [one.venue, one.venue_name]));
  const venues = [...names].map(([value, label]) => ({ value, label })).toSorted((a, b) => a.label.localeCompare(b.label));
  return [{ value: ALL, label: t.anyVenue }, ...venues];
}

function listLocations(locations: readonly Schema<"LocationResponse">[], venue: string | undefined): readonly Choice[] {
  const listed = locations.filter((one) => venue === undefined || one.venue === venue);
  return [{ value: ALL, label: t.anyLocation }, ...listed.map((one) => ({ value: one.id, label: one.name, description: one.id }))];
}
