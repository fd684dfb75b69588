// A rate card while it is edited: numbers are texts until the API reads them.

import type { Card } from "./use-rate-card";

export interface BandDraft { name: string; from: string; to: string; factor: string }
export interface SeasonDraft { name: string; months: string; factor: string }
export type Words = readonly (readonly [word: string, factor: string])[];
export interface Limits { least: string; most: string }

export interface CardDraft {
  version: string;
  bands: readonly BandDraft[];
  demographic: Words;
  traffic: Words;
  seasons: readonly SeasonDraft[];
  attention: Limits;
  limits: Limits;
  dailyMove: string;
  rounding: string;
}

export function toDraft(card: Card): CardDraft {
  return {
    version: nextVersion(card.version),
    bands: card.peak_hours.map((one) => ({ name: one.name, from: String(one.from_hour), to: String(one.to_hour), factor: one.factor })),
    demographic: Object.entries(card.demographic),
    traffic: Object.entries(card.traffic),
    seasons: card.seasons.map((one) => ({ name: one.name, months: one.months.join(", "), factor: one.factor })),
    attention: { ...card.attention },
    limits: { ...card.limits },
    dailyMove: card.daily_move ?? "",
    rounding: String(card.rounding_minor),
  };
}

/** As the API reads it; a text that is no number stays one, so that the API names the field. */
export function toCard(draft: CardDraft) {
  return {
    version: draft.version.trim(),
    peak_hours: draft.bands.map((one) => ({ name: one.name, from_hour: toNumber(one.from), to_hour: toNumber(one.to), factor: one.factor.trim() })),
    demographic: Object.fromEntries(draft.demographic.map(([word, factor]) => [word.trim(), factor.trim()])),
    traffic: Object.fromEntries(draft.traffic.map(([word, factor]) => [word.trim(), factor.trim()])),
    seasons: draft.seasons.map((one) => ({ name: one.name, months: one.months.split(/[\s,]+/).filter(Boolean).map(toNumber), factor: one.factor.trim() })),
    attention: { ...draft.attention },
    limits: { ...draft.limits },
    daily_move: draft.dailyMove.trim() || null,
    rounding_minor: toNumber(draft.rounding),
  };
}

/** The version with its last number raised, such as `spring-2` after `spring-1`. */
export function nextVersion(version: string): string {
  const found = /^(.*?)(\d+)$/.exec(version);
  return found ? `${found[1]}${Number(found[2]) + 1}` : `${version}-2`;
}

function toNumber(text: string): number {
  return (/^\d+$/.test(text.trim()) ? Number(text) : text) as number;
}
