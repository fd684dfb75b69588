// Faults of single fields in a refusal of the API, to be shown beside the fields.

import { ApiProblem } from "../../../api/problem";

export type FieldErrors = Readonly<Record<string, string>>;

const FAULT = /`([^`]+)` in the (?:body|query|path): (.*?)(?=; `[^`]+` in the |$)/gs;
const INVALID = 422;

/** By field, such as `name` or `card.limits.least`; empty where the refusal names none. */
export function fieldErrors(error: unknown): FieldErrors {
  if (!(error instanceof ApiProblem) || error.status !== INVALID) return {};
  return Object.fromEntries([...error.message.matchAll(FAULT)].map(([, field = "", words = ""]) => [field, words]));
}

/** Whether all of a refusal is shown beside the fields of a form. */
export function isBesideFields(error: unknown, fields: readonly string[]): boolean {
  const found = Object.keys(fieldErrors(error));
  return found.length > 0 && found.every((field) => fields.includes(field));
}
