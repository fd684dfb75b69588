// Desired and reported settings side by side, and how a setting is written as text.

import { objectOf } from "./heartbeat";

export interface SettingRow {
  setting: string;
  desired: unknown;
  reported: unknown;
  differs: boolean;
}

/** Every setting of a shadow's state, by name; `undefined` where a side has none. */
export function compareSettings(config: Readonly<Record<string, unknown>>): readonly SettingRow[] {
  const [desired, reported] = [objectOf(config["desired"]), objectOf(config["reported"])];
  const names = new Set([...Object.keys(desired), ...Object.keys(reported)].filter((name) => name !== "config_outcome"));
  return [...names].sort().map((setting) => ({
    setting,
    desired: desired[setting],
    reported: reported[setting],
    differs: setting in desired && writeSetting(desired[setting]) !== writeSetting(reported[setting]),
  }));
}

/** A setting in one line; members in a fixed order, so that equal settings are equal texts. */
export function writeSetting(value: unknown): string {
  if (value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value, sortMembers);
}

function sortMembers(_name: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
