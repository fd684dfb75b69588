import type { Schema } from "../../api/client";

type Pacing = Schema<"PacingDocument">;

export type PacingState = "behind" | "ahead" | "onTrack" | "uncertain";

/** Behind or ahead only where the whole interval from P10 to P90 is: else it may be chance. */
export function pacingState(ratio: Pacing["ratio"]): PacingState {
  if (ratio === null) return "uncertain";
  if (ratio.high < 1) return "behind";
  return ratio.low > 1 ? "ahead" : "onTrack";
}

/** A share of the goal as a position on a scale that ends at 100 %, or later where more was delivered. */
export function scaleOf(pacing: Pacing): (share: number) => string {
  const top = Math.max(1, pacing.delivered_share?.high ?? 0, pacing.expected_share ?? 0);
  return (share) => `${(100 * Math.min(top, Math.max(0, share))) / top}%`;
}
