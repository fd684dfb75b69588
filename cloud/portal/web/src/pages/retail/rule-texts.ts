// The content of a rule set in words. It is read leniently: what is unknown is shown as it is.

import { share } from "../../format/number";
import { dateText } from "../../format/time";
import { ruleSets as t } from "../../text/en/retail";

type Values = Readonly<Record<string, unknown>>;
export interface Tier { below: unknown; step: unknown; ending: unknown }
export interface LadderRow { currency: string; tiers: readonly Tier[] }
export interface OverrideRow { id: string; selector: string; values: Values }
export interface RuleTexts { version: string; defaults: Values; ladders: readonly LadderRow[]; overrides: readonly OverrideRow[] }

const SELECTORS = ["category", "region", "product", "store"];
const SHARES = ["minimum_margin", "maximum_discount", "maximum_move", "volume_weight"];

export function readRules(content: Values): RuleTexts {
  const ladders = Object.entries((content.ladders ?? {}) as Record<string, Tier[]>).map(([currency, tiers]) => ({ currency, tiers }));
  const overrides = ((content.overrides ?? []) as Values[]).map((one, at) => ({
    id: String(at),
    selector: SELECTORS.flatMap((name) => (one[name] == null ? [] : [`${name} ${String(one[name])}`])).join(", "),
    values: Object.fromEntries(Object.entries(one).filter(([name]) => !SELECTORS.includes(name))),
  }));
  return { version: String(content.version ?? ""), defaults: (content.defaults ?? {}) as Values, ladders, overrides };
}

/** One value of a rule; null switches the rule off. */
export function describeValue(name: string, value: unknown): string {
  if (value === null || value === undefined) return t.off;
  if (typeof value === "boolean") return value ? t.on : t.off;
  if (SHARES.includes(name)) return share(Number(value), 1);
  if (name === "competitor_band") return describeBand(value as Values);
  if (name === "clearance") return dateText(String((value as Values).ends_on));
  return String(value);
}

function describeBand({ least, most }: Values): string {
  return `${least == null ? "…" : share(Number(least))} – ${most == null ? "…" : share(Number(most))}`;
}

export function describeOverride({ values }: OverrideRow): string {
  return Object.entries(values).map(([name, value]) => `${t.names[name] ?? name}: ${describeValue(name, value)}`).join(" · ");
}

export function describeTier({ below, step, ending }: Tier): string {
  const [steps, end] = [String(step), String(ending ?? 0)];
  return below == null ? t.tier(steps, end) : t.tierBelow(String(below), steps, end);
}
