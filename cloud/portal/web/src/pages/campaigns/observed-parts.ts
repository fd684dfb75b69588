import type { Schema } from "../../api/client";
import { campaigns as t } from "../../text/en/campaigns";

export interface ObservedPart {
  label: string;
  seconds: number;
  /** Of all parts. */
  share: number;
  tone: string;
}

const TONES = 4;

/** Observed time first, then the causes from the longest, then what no camera reported. */
export function listObservation(found: Schema<"ObservationDocument">): readonly ObservedPart[] {
  const causes = Object.entries(found.unobserved_s).toSorted((one, other) => other[1] - one[1]);
  const parts = [
    { label: t.observed, seconds: found.observed_s, tone: "tone-observed" },
    ...causes.map(([cause, seconds], place) => ({ label: t.causes[cause] ?? cause, seconds, tone: `tone-${place % TONES}` })),
    { label: t.unreported, seconds: found.unreported_s, tone: "tone-unreported" },
  ].filter((part) => part.seconds > 0);
  const whole = parts.reduce((sum, part) => sum + part.seconds, 0);
  return parts.map((part) => ({ ...part, share: whole > 0 ? part.seconds / whole : 0 }));
}
