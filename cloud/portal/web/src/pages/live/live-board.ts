// The windows of the last hour by location, from answers and from events, without copies per event.

import type { Schema } from "../../api/client";

/** What an event and a window of an answer have in common. */
export type LiveWindow = Pick<
  Schema<"WindowResponse">,
  "starts_at" | "ends_at" | "crowd" | "entries" | "onlookers" | "visits" | "attention_s" | "cameras" | "expected_cameras" | "observed_share"
>;

export const WINDOW_MS = 300_000;
export const WINDOWS = 12;
export const STALE_AFTER_MS = 120_000;

interface LocationWindows {
  byStart: Map<number, LiveWindow>;
  /** By the clock of this browser; undefined before the first report. */
  reportedAt: number | undefined;
}

export class LiveBoard {
  #locations = new Map<string, LocationWindows>();

  /** The answer for one location. */
  load(answer: Pick<Schema<"AudienceResponse">, "location" | "asked_at" | "reported_until"> & { windows: readonly LiveWindow[] }, now: number): void {
    const place = this.#place(answer.location);
    for (const window of answer.windows) place.byStart.set(Date.parse(window.starts_at), window);
    if (answer.reported_until === null) return;
    const age = Math.max(0, Date.parse(answer.asked_at) - Date.parse(answer.reported_until));
    place.reportedAt = Math.max(place.reportedAt ?? 0, now - age);
  }

  /** A window that has changed. A late report of an earlier window says nothing of now. */
  apply(location: string, window: LiveWindow, now: number): void {
    const place = this.#place(location);
    const start = Date.parse(window.starts_at);
    const newest = Math.max(...place.byStart.keys(), 0);
    place.byStart.set(start, window);
    if (start >= newest) place.reportedAt = now;
    for (const old of place.byStart.keys()) if (old < start - WINDOW_MS * WINDOWS * 2) place.byStart.delete(old);
  }

  /** How long ago the newest minute was reported; undefined: never. */
  age(location: string, now: number): number | undefined {
    const at = this.#locations.get(location)?.reportedAt;
    return at === undefined ? undefined : Math.max(0, now - at);
  }

  /** The newest window, unless nothing was reported for so long that it says nothing of now. */
  current(location: string, now: number): LiveWindow | undefined {
    const age = this.age(location, now);
    if (age === undefined || age >= STALE_AFTER_MS) return undefined;
    const windows = this.#locations.get(location)?.byStart;
    return windows?.get(Math.max(...windows.keys()));
  }

  /** The windows of the last hour, oldest first; undefined where nothing was reported. */
  lastHour(location: string, now: number): readonly { start: number; window: LiveWindow | undefined }[] {
    const windows = this.#locations.get(location)?.byStart;
    const first = (Math.floor(now / WINDOW_MS) - WINDOWS + 1) * WINDOW_MS;
    return Array.from({ length: WINDOWS }, (_, step) => first + step * WINDOW_MS).map((start) => ({ start, window: windows?.get(start) }));
  }

  #place(location: string): LocationWindows {
    const found = this.#locations.get(location) ?? { byStart: new Map<number, LiveWindow>(), reportedAt: undefined };
    this.#locations.set(location, found);
    return found;
  }
}

export interface HourTotals {
  entries: number | null;
  onlookers: number | null;
  visits: number | null;
  attention_s: number | null;
}

/** Sums of what was reported; null where no window has a figure. */
export function sumWindows(windows: readonly (LiveWindow | undefined)[]): HourTotals {
  const sum = (name: keyof HourTotals) => {
    const values = windows.flatMap((window) => (window === undefined || window[name] === null ? [] : [window[name]]));
    return values.length === 0 ? null : values.reduce((total, value) => total + value, 0);
  };
  return { entries: sum("entries"), onlookers: sum("onlookers"), visits: sum("visits"), attention_s: sum("attention_s") };
}
