// The time that is left of a hold, by the clock of the server.
//
// An answer has the server's time and the end of the hold by it. The client only measures how long
// ago it sent the request: its own clock may be wrong or may be changed. The time of the request
// is counted, not that of the answer, so the timer never promises more than there is.

export interface ServerMoment {
  /** The server's time of an answer. */
  at: string;
  /** `performance.now()` when the request was sent. */
  sentAtMs: number;
}

export type HoldPhase = "held" | "expiring" | "expired";

/** Below this time a dialog asks whether to keep the slots for longer. */
export const EXPIRING_S = 45;

/** Seconds until an instant of the server, rounded down; never below zero. */
export function secondsLeft(until: string, moment: ServerMoment, nowMs: number): number {
  const leftMs = Date.parse(until) - Date.parse(moment.at) - (nowMs - moment.sentAtMs);
  return Math.max(0, Math.floor(leftMs / 1_000));
}

export function phaseOf(seconds: number): HoldPhase {
  if (seconds <= 0) return "expired";
  return seconds <= EXPIRING_S ? "expiring" : "held";
}

/** Moments at which the time that is left is read out, in seconds. */
const ANNOUNCED_S = [3_600, 1_800, 600, 300, 120, 60, EXPIRING_S, 0];

/** The moment that was passed since the last look; undefined: nothing is read out. */
export function findAnnouncement(before: number, now: number): number | undefined {
  return ANNOUNCED_S.find((moment) => now <= moment && moment < before);
}

/** Whether an extension would still let the hold end later. */
export function canExtend(hold: { expires_at: string; latest_at: string; state: string }): boolean {
  return hold.state === "held" && Date.parse(hold.expires_at) < Date.parse(hold.latest_at);
}

/** `1:05:09`, `12:04`, `0:45`. */
export function clockOf(seconds: number): string {
  const [hours, minutes, rest] = [Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60), seconds % 60];
  const tail = String(rest).padStart(2, "0");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${tail}` : `${minutes}:${tail}`;
}
