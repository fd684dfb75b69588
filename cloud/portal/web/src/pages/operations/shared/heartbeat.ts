// What a device reported of itself. Older agents omit parts, so everything may be missing.

export interface Heartbeat {
  sentAt: string | null;
  uptimeMs: number | null;
  capture: string | null;
  reconnects: number | null;
  outboxReports: number | null;
  memoryBytes: number | null;
  agent: string | null;
  detector: string | null;
  attention: string | null;
  connection: string | null;
  framesMilliHz: number | null;
  diskFreeBytes: number | null;
  clockAheadMs: number | null;
  temperatureMilliC: number | null;
  alarms: readonly string[];
}

type Json = Readonly<Record<string, unknown>>;

export function readHeartbeat(given: Json | null): Heartbeat | null {
  if (given === null) return null;
  const [versions, figures] = [objectOf(given["versions"]), objectOf(given["figures"])];
  const alarms = figures["alarms"];
  return {
    sentAt: textOf(given["sent_at"]),
    uptimeMs: numberOf(given["uptime_ms"]),
    capture: textOf(given["capture"]),
    reconnects: numberOf(given["reconnects"]),
    outboxReports: numberOf(given["outbox_reports"]),
    memoryBytes: numberOf(given["rss_bytes"]),
    agent: textOf(versions["agent"]),
    detector: textOf(versions["detector"]),
    attention: textOf(versions["attention"]),
    connection: textOf(figures["connection"]),
    framesMilliHz: numberOf(figures["frames_milli_hz"]),
    diskFreeBytes: numberOf(figures["disk_free_bytes"]),
    clockAheadMs: numberOf(figures["clock_ahead_ms"]),
    temperatureMilliC: numberOf(figures["temperature_milli_c"]),
    alarms: Array.isArray(alarms) ? alarms.map(String) : [],
  };
}

export const objectOf = (value: unknown): Json => (typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {});
const textOf = (value: unknown): string | null => (typeof value === "string" ? value : null);
const numberOf = (value: unknown): number | null => (typeof value === "number" ? value : null);
