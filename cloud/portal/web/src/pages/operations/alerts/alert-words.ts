import type { Schema } from "../../../api/client";
import type { Tone } from "../../../design";
import { wordOf } from "../../../format/words";
import { alerts as t } from "../../../text/en/operations/alerts";

export type Alert = Schema<"ListedAlert">;
export type AlertState = keyof typeof t.states;

export const SEVERITY_TONES: Record<Schema<"Severity">, Tone> = { critical: "bad", warning: "warn", info: "info" };
export const STATE_TONES: Record<AlertState, Tone> = { open: "bad", acknowledged: "info", muted: "neutral", cleared: "good", closed: "good" };

const URGENCY: Record<Schema<"Severity">, number> = { critical: 0, warning: 1, info: 2 };

/** The most urgent first, and the latest of those. */
export const sortByUrgency = (alerts: readonly Alert[]): readonly Alert[] =>
  alerts.toSorted((a, b) => URGENCY[a.severity] - URGENCY[b.severity] || b.id - a.id);

export const nameKind = (kind: string): string => wordOf(t.kinds, kind);

/** The place of an alert: a camera, a whole location, or everything. */
export function describePlace(alert: Pick<Alert, "location" | "device">): string {
  if (alert.location === "") return t.everywhere;
  return alert.device === null ? `${alert.location}, ${t.wholeLocation}` : `${alert.location}, ${alert.device}`;
}

export function stateOf(alert: Alert): AlertState {
  if (alert.cleared_at !== null) return alert.closed_by === null ? "cleared" : "closed";
  if (alert.muted_until !== null) return "muted";
  return alert.acknowledged_at === null ? "open" : "acknowledged";
}
