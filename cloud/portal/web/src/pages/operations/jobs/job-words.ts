import type { Schema } from "../../../api/client";
import type { Tone } from "../../../design";
import { wordOf } from "../../../format/words";
import { job as texts, jobs as t } from "../../../text/en/operations/jobs";

export type Job = Schema<"JobAnswer">;

const OVER = ["SUCCEEDED", "FAILED", "REJECTED", "TIMED_OUT", "CANCELED", "REMOVED"];
const FAILED = ["FAILED", "REJECTED", "TIMED_OUT"];
const TONES: Record<string, Tone> = { SUCCEEDED: "good", COMPLETED: "good", FAILED: "bad", REJECTED: "bad", TIMED_OUT: "bad", IN_PROGRESS: "info", CANCELED: "warn" };

export const statusTone = (status: string): Tone => TONES[status] ?? "neutral";
export const nameStatus = (status: string): string => wordOf(t.statuses, status);
export const isModelJob = (job: Job): boolean => job.document["operation"] === "model";

const sum = (job: Job, statuses: readonly string[]): number => statuses.reduce((all, status) => all + (job.devices[status] ?? 0), 0);
export const countFailed = (job: Job): number => sum(job, FAILED);
export const countOver = (job: Job): number => sum(job, OVER);
export const countAll = (job: Job): number => job.waiting + Object.values(job.devices).reduce((all, one) => all + one, 0);

/** What a job does, such as `Model onlooker-face:0.3.0`; never its addresses, which are credentials. */
export function describeJob(job: Job): string {
  const operation = String(job.document["operation"] ?? "?");
  const version = job.document["version"];
  const name = wordOf(t.operations, operation);
  return typeof version === "string" ? `${name} ${version}` : name;
}

export function describeAbort(abort: Schema<"AbortAnswer"> | null): string {
  return abort === null ? texts.noAbort : texts.abort(abort.percentage, abort.at_least);
}

export const describeRate = (perMinute: number | null): string => (perMinute === null ? texts.allAtOnce : texts.perMinute(perMinute));
