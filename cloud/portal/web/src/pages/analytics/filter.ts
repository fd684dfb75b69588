// What an analysis covers, in the address of the page: the same names as the query of the API, so a saved view is the
// text of the address.

import type { Schema } from "../../api/client";

export type Measure = Schema<"AttentionMeasure">;
export type Search = Readonly<Record<string, string | undefined>>;

export const NAMES = ["days", "until", "hour_from", "hour_until", "weekday", "venue_type", "location", "measure"] as const;
export type FilterName = (typeof NAMES)[number];

const MEASURES: readonly Measure[] = ["viewers", "attention", "attention_per_hour"];
const DEFAULT_DAYS = 28;

export interface AnalyticsFilter {
  days: number;
  until?: string;
  hour_from: number;
  hour_until: number;
  weekday: number[];
  venue_type?: string;
  location: string[];
  measure: Measure;
}

/** Values that the API would refuse are left out, so that an old address still opens. */
export function readFilter(search: Search): AnalyticsFilter {
  const [from, until] = [whole(search["hour_from"], 0, 23) ?? 0, whole(search["hour_until"], 1, 24) ?? 24];
  const inOrder = from < until;
  return {
    days: whole(search["days"], 1, 92) ?? DEFAULT_DAYS,
    ...(search["until"] && /^\d{4}-\d{2}-\d{2}$/.test(search["until"]) ? { until: search["until"] } : {}),
    hour_from: inOrder ? from : 0,
    hour_until: inOrder ? until : 24,
    weekday: list(search["weekday"]).flatMap((one) => whole(one, 1, 7) ?? []),
    ...(search["venue_type"] && /^\d{1,10}$/.test(search["venue_type"]) ? { venue_type: search["venue_type"] } : {}),
    location: list(search["location"]).slice(0, 50),
    measure: MEASURES.find((one) => one === search["measure"]) ?? "viewers",
  };
}

/** What a page shows of an analysis: the observed share in place of the rate, the value of an audience. */
const SHOWN = ["show", "value"] as const;

/** The query of a saved view: what the page depends on, and nothing else. */
export function writeView(search: Search): string {
  const given = [...NAMES, ...SHOWN].flatMap((name) => (search[name] ? [[name, search[name]]] : []));
  return new URLSearchParams(given).toString();
}

function whole(text: string | undefined, least: number, most: number): number | undefined {
  if (text === undefined || !/^\d{1,3}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= least && value <= most ? value : undefined;
}

function list(text: string | undefined): string[] {
  return (text ?? "").split(",").filter((one) => one !== "");
}
