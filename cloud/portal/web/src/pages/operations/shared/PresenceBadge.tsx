import { Badge, type Tone } from "../../../design";
import { operations as t } from "../../../text/en/operations";

const TONES: Record<string, Tone> = { online: "good", offline: "bad", stopped: "warn", never: "neutral" };

/** Whether a camera is connected: a shape and a word, beside the colour. */
export function PresenceBadge({ presence }: { presence: string | null }) {
  const state = presence ?? "never";
  return <Badge tone={TONES[state] ?? "neutral"}>{t.presence[state] ?? state}</Badge>;
}
