// Which alerts a mute that begins at an alert concerns, and until when.

import type { Schema } from "../../../api/client";
import type { Alert } from "./alert-words";

export type MuteScope = "kind" | "device" | "location";
const HOUR_MS = 3_600_000;
/** The limit of the API is exact, and the server's clock is another. */
const MARGIN_MS = 60_000;
const LONGEST_HOURS = 720;

export const listScopes = (alert: Alert): readonly MuteScope[] => [
  "kind", ...(alert.device === null ? [] : (["device"] as const)), ...(alert.location === "" ? [] : (["location"] as const)),
];

/** `kind` is this kind at the place of the alert; the others are all kinds of the camera or location. */
export function toMute(alert: Alert, scope: MuteScope, hours: number, reason: string, now: number): Schema<"MuteRequest"> {
  const length = hours * HOUR_MS - (hours >= LONGEST_HOURS ? MARGIN_MS : 0);
  return {
    kind: scope === "kind" ? alert.kind : null,
    location: alert.location || null,
    device: scope === "location" ? null : alert.device,
    until: new Date(now + length).toISOString(),
    reason,
  };
}
