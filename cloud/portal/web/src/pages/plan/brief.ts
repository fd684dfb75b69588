// The brief as it is entered, and as the API reads it: days are inclusive here and half-open there.

import type { Schema } from "../../api/client";

export type PlanRequest = Schema<"StoredPlanRequest-Input">;
export type StoredRequest = Schema<"StoredPlanRequest-Output">;
export type Objective = Schema<"Objective">;
export type PlaceKind = "all" | "venues" | "screens";
export type WeekdayKind = "all" | "weekdays" | "weekend";
export type GenderKind = "any" | "female" | "male";

export const AGES = ["18-24", "25-34", "35-44", "45-54", "55+"] as const;
export type Age = (typeof AGES)[number];

export interface BriefForm {
  /** NaN while nothing is entered, like every optional number. */
  budget: number;
  currency: string;
  firstDay: string;
  lastDay: string;
  places: PlaceKind;
  venues: readonly string[];
  screens: readonly string[];
  fromHour: number;
  toHour: number;
  weekdays: WeekdayKind;
  ages: readonly Age[];
  gender: GenderKind;
  objective: Objective;
  value: number;
  positions: number;
  spendPerScreen: number;
  minReach: number;
}

export type Fault = "budget" | "period" | "places" | "value" | "hours";

const WEEKDAYS: Readonly<Record<WeekdayKind, readonly number[]>> = { all: [0, 1, 2, 3, 4, 5, 6], weekdays: [0, 1, 2, 3, 4], weekend: [5, 6] };
const SEARCH_S = 60;
const DAY_MS = 86_400_000;

/** A week that begins tomorrow. */
export function newBrief(today: string, currency: string): BriefForm {
  return {
    budget: 500, currency, firstDay: addDays(today, 1), lastDay: addDays(today, 7),
    places: "all", venues: [], screens: [], fromHour: 0, toHour: 24, weekdays: "all",
    ages: [], gender: "any", objective: "attentive_impressions", value: NaN,
    positions: 1, spendPerScreen: NaN, minReach: NaN,
  };
}

export function addDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/** What has to be corrected before the brief can be sent. */
export function findFaults(form: BriefForm): readonly Fault[] {
  const isWrong: Readonly<Record<Fault, boolean>> = {
    budget: !(form.budget > 0),
    period: !form.firstDay || !form.lastDay || form.lastDay < form.firstDay,
    places: (form.places === "venues" && form.venues.length === 0) || (form.places === "screens" && form.screens.length === 0),
    value: form.objective === "roi" && !(form.value > 0),
    hours: form.fromHour === form.toHour,
  };
  return (Object.keys(isWrong) as Fault[]).filter((one) => isWrong[one]);
}

export function toRequest(form: BriefForm): PlanRequest {
  const isWhole = form.fromHour === 0 && form.toHour === 24 && form.weekdays === "all";
  const given = (value: number) => (Number.isNaN(value) ? null : value);
  const minReach = given(form.minReach);
  const target = { ages: [...form.ages], genders: form.gender === "any" ? [] : [form.gender] };
  return {
    budget: String(form.budget),
    currency: form.currency,
    from: form.firstDay,
    until: addDays(form.lastDay, 1),
    dayparts: isWhole ? [] : [{ from_hour: form.fromHour, to_hour: form.toHour, weekdays: [...WEEKDAYS[form.weekdays]] }],
    locations: form.places === "screens" ? [...form.screens] : [],
    venues: form.places === "venues" ? [...form.venues] : [],
    target,
    caps: { max_positions_per_slot: form.positions || 1, max_spend_per_screen: given(form.spendPerScreen) },
    minimums: minReach === null ? [] : [{ group: target, measure: "reach", min: minReach }],
    objective: form.objective,
    value_per_impression: form.objective === "roi" ? given(form.value) : null,
    min_roi: 0,
    within_s: SEARCH_S,
  };
}

/** The form of a stored request; parts that the form does not have are left out. */
export function toForm(request: StoredRequest): BriefForm {
  const { dayparts: [daypart], target, caps, minimums } = request;
  const days = daypart?.weekdays.length === 5 ? "weekdays" : daypart?.weekdays.length === 2 ? "weekend" : "all";
  const [gender] = target.genders;
  return {
    budget: Number(request.budget),
    currency: request.currency,
    firstDay: request.from,
    lastDay: addDays(request.until, -1),
    places: request.locations.length > 0 ? "screens" : request.venues.length > 0 ? "venues" : "all",
    venues: request.venues,
    screens: request.locations,
    fromHour: daypart?.from_hour ?? 0,
    toHour: daypart?.to_hour ?? 24,
    weekdays: days,
    ages: AGES.filter((age) => target.ages.includes(age)),
    gender: gender === "female" || gender === "male" ? gender : "any",
    objective: request.objective,
    value: request.value_per_impression == null ? NaN : Number(request.value_per_impression),
    positions: caps.max_positions_per_slot,
    spendPerScreen: caps.max_spend_per_screen == null ? NaN : Number(caps.max_spend_per_screen),
    minReach: minimums.find((one) => one.measure === "reach")?.min ?? NaN,
  };
}

export function toggle<Value>(values: readonly Value[], value: Value): readonly Value[] {
  return values.includes(value) ? values.filter((one) => one !== value) : [...values, value];
}
