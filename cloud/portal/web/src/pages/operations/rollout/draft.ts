// What the wizard has collected, and the request that it makes of it.

import type { Schema } from "../../../api/client";
import { toTarget, type TargetChoice } from "../shared/TargetFields";

export interface RolloutDraft {
  target: TargetChoice;
  model: string;
  replaces: string;
  packageText: string;
  sharePercent: number;
  perMinute: number;
  minutesEach: number;
  abortPercent: number;
  abortAfter: number;
}

export const FIRST_DRAFT: RolloutDraft = {
  target: { kind: "group", name: "" }, model: "", replaces: "", packageText: "",
  sharePercent: 10, perMinute: NaN, minutesEach: 30, abortPercent: 20, abortAfter: 1,
};

const MODEL = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,128}$/;
export type StepName = "target" | "model" | "safety" | "review";
export const STEPS: readonly StepName[] = ["target", "model", "safety", "review"];

/** The package as an object; null for an empty text, undefined for one that is no JSON object. */
export function readPackage(text: string): Record<string, unknown> | null | undefined {
  if (text.trim() === "") return null;
  try {
    const found: unknown = JSON.parse(text);
    return typeof found === "object" && found !== null && !Array.isArray(found) ? (found as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a step has all that it needs. */
export function isComplete(step: StepName, draft: RolloutDraft): boolean {
  if (step === "target") return toTarget(draft.target) !== undefined;
  if (step === "model") return MODEL.test(draft.model) && (draft.replaces === "" || MODEL.test(draft.replaces)) && readPackage(draft.packageText) !== undefined;
  return [draft.sharePercent, draft.minutesEach, draft.abortPercent, draft.abortAfter].every((one) => !Number.isNaN(one));
}

/** The request; `apply` false asks for a preview. Steps that are not complete do not lead here. */
export function toRequest(draft: RolloutDraft, apply: boolean): Schema<"ModelRolloutRequest"> {
  const target = toTarget(draft.target);
  if (target === undefined) throw new Error("no cameras are chosen: the first step is not complete");
  return {
    target,
    model: draft.model,
    replaces: draft.replaces || null,
    package: readPackage(draft.packageText) ?? null,
    share_percent: draft.sharePercent,
    per_minute: Number.isNaN(draft.perMinute) ? null : draft.perMinute,
    minutes_each: draft.minutesEach,
    abort_percent: draft.abortPercent,
    abort_after: draft.abortAfter,
    apply,
  };
}

