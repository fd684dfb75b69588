// What tables need of the screens: zone, currency, name.

import { useMemo } from "react";
import { useGet, type Schema } from "../../../api/client";
import { instantText, instantWithZone } from "../../../format/time";

export type Screen = Schema<"LocationResponse">;
export type Screens = ReadonlyMap<string, Screen>;

export function useScreens(): Screens {
  const found = useGet("/api/locations").data;
  return useMemo(() => new Map((found?.locations ?? []).map((one) => [one.id, one])), [found]);
}

/** An hour on the clock of its screen, with the zone where that is known. */
export function localHour(instant: string, zone: string | undefined): string {
  return zone === undefined ? instantText(instant) : instantWithZone(instant, zone);
}

/** A local date and hour as the API names a slot: `2026-11-30` and `08:00` as `2026-11-30T08:00`. */
export function slotName(day: string, hour: string): string | null {
  return /^\d{4}-\d{2}-\d{2}$/.test(day) && /^\d{2}:00$/.test(hour) ? `${day}T${hour}` : null;
}

/** The moment that a field of the browser shows on the viewer's clock; null while it is empty. */
export function fieldInstant(text: string): string | null {
  const at = new Date(text);
  return text === "" || Number.isNaN(at.getTime()) ? null : at.toISOString();
}
