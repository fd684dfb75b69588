// The performance of a campaign: read once, then replaced by every event of its stream.

import { useEffect, useState } from "react";
import type { UseQueryResult } from "@tanstack/react-query";
import { useGet, type Schema } from "../../api/client";
import { useStream, type StreamState } from "../../api/event-stream";
import type { ApiProblem } from "../../api/problem";

export type Performance = Schema<"PerformanceDocument">;
export type LiveState = StreamState | "ended" | "idle";

const EVENTS = ["performance", "closing", "refused"] as const;
/** Three events that did not come: the figures are old. */
export const STALE_AFTER_MS = 15_000;
const LOOK_MS = 1_000;

export interface LivePerformance {
  query: UseQueryResult<Performance, ApiProblem>;
  /** The newest figures: of the stream, or of the first answer. */
  performance: Performance | undefined;
  state: LiveState;
  isStale: boolean;
}

export function isOld(state: LiveState, receivedAtMs: number, nowMs: number): boolean {
  return state !== "idle" && state !== "ended" && nowMs - receivedAtMs > STALE_AFTER_MS;
}

export function useLivePerformance(campaign: string): LivePerformance {
  const query = useGet("/api/campaigns/{campaign}/performance", { params: { path: { campaign }, query: { by: "location" } } });
  const [latest, setLatest] = useState<{ performance: Performance; atMs: number }>();
  const [isOver, setOver] = useState(false);
  const isFollowed = query.data?.is_running === true && !isOver;
  const stream = useStream(isFollowed ? `/api/campaigns/${campaign}/live` : undefined, EVENTS, (name, data) => {
    if (name === "performance") setLatest({ performance: JSON.parse(data) as Performance, atMs: performance.now() });
    else setOver(true);
  });
  const state: LiveState = isFollowed ? stream : isOver ? "ended" : "idle";
  const now = useNow(isFollowed);
  const receivedAtMs = latest?.atMs ?? now;
  return { query, performance: joinParts(latest?.performance, query.data), state, isStale: isOld(state, receivedAtMs, now) };
}

/** Events have the totals of lines; the parts by screen are those of the first answer. */
export function joinParts(latest: Performance | undefined, first: Performance | undefined): Performance | undefined {
  return latest === undefined || first === undefined ? (latest ?? first) : { ...latest, parts: first.parts };
}

function useNow(isRunning: boolean): number {
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    if (!isRunning) return undefined;
    const timer = setInterval(() => setNow(performance.now()), LOOK_MS);
    return () => clearInterval(timer);
  }, [isRunning]);
  return now;
}
