// The state of the explorer is its address: filters, chosen screens, and the chosen hour. An address
// can be sent to others. What cannot be read has its default.

export const MEASURES = ["price", "audience", "cost"] as const;
export const VIEWS = ["calendar", "week"] as const;
export const DAY_COUNTS = ["7", "14", "28"] as const;
export const MOST_SCREENS = 4;

export type Measure = (typeof MEASURES)[number];
export type View = (typeof VIEWS)[number];
export type DayCount = (typeof DAY_COUNTS)[number];

/** The start of an hour of a screen. */
export interface ChosenHour {
  location: string;
  startsAt: string;
}

export interface ExploreState {
  /** A date; an empty text is today. */
  from: string;
  days: DayCount;
  venue: string;
  /** Such as `7-9`; an empty text is all hours. */
  hours: string;
  /** Per hour, in major units. */
  maxPrice: number | null;
  minEntries: number | null;
  screens: readonly string[];
  measure: Measure;
  view: View;
  hour: ChosenHour | null;
}

type Search = Readonly<Record<string, string | undefined>>;

export function readState(search: Search): ExploreState {
  return {
    from: /^\d{4}-\d{2}-\d{2}$/.test(search.from ?? "") ? (search.from ?? "") : "",
    days: oneOf(DAY_COUNTS, search.days) ?? "7",
    venue: /^\d{1,6}$/.test(search.venue ?? "") ? (search.venue ?? "") : "",
    hours: /^[\d;-]{1,40}$/.test(search.hours ?? "") ? (search.hours ?? "") : "",
    maxPrice: readAmount(search.max),
    minEntries: readAmount(search.min),
    screens: readList(search.screens).slice(0, MOST_SCREENS),
    measure: oneOf(MEASURES, search.measure) ?? "price",
    view: oneOf(VIEWS, search.view) ?? "calendar",
    hour: readHour(search.hour),
  };
}

/** The texts of the address; defaults are left out. */
export function writeState(state: ExploreState): Record<string, string | undefined> {
  const { from, days, venue, hours, maxPrice, minEntries, screens, measure, view, hour } = state;
  return {
    from: from || undefined,
    days: days === "7" ? undefined : days,
    venue: venue || undefined,
    hours: hours || undefined,
    max: maxPrice === null ? undefined : String(maxPrice),
    min: minEntries === null ? undefined : String(minEntries),
    screens: screens.length === 0 ? undefined : screens.join(","),
    measure: measure === "price" ? undefined : measure,
    view: view === "calendar" ? undefined : view,
    hour: hour === null ? undefined : `${hour.location}@${hour.startsAt}`,
  };
}

/** The screens with one more or one less; unchanged when four are compared already. */
export function toggleScreen(screens: readonly string[], id: string): readonly string[] {
  if (screens.includes(id)) return screens.filter((one) => one !== id);
  return screens.length >= MOST_SCREENS ? screens : [...screens, id];
}

function oneOf<Value extends string>(values: readonly Value[], text: string | undefined): Value | undefined {
  return values.find((one) => one === text);
}

function readAmount(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,9}(\.\d{1,4})?$/.test(text) ? Number(text) : null;
}

function readList(text: string | undefined): readonly string[] {
  return [...new Set((text ?? "").split(",").filter((one) => /^[\w.-]{1,63}$/.test(one)))];
}

function readHour(text: string | undefined): ChosenHour | null {
  const found = /^([\w.-]{1,63})@(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z)$/.exec(text ?? "");
  return found === null ? null : { location: found[1] ?? "", startsAt: found[2] ?? "" };
}
