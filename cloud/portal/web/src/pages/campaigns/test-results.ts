import type { Schema } from "../../api/client";
import type { Tone } from "../../design";

type Decision = NonNullable<Schema<"ArmDocument">["decision"]>;

/** Whether a test compares a creative that one of the lines shows. */
export function isTestOf(test: { creatives: readonly string[] }, creatives: ReadonlySet<string>): boolean {
  return test.creatives.some((one) => creatives.has(one));
}

export function decisionTone(decision: Decision): Tone {
  if (decision === "better") return "good";
  return decision === "worse" ? "bad" : "neutral";
}
