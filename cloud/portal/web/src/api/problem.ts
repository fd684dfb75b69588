// Every error of the API is a problem document; a request without an answer is one of our own.

import type { components } from "./schema";

export type ProblemDocument = components["schemas"]["Problem"];

/** The request reached no server, or was cut off. */
export const NO_ANSWER = 0;

export class ApiProblem extends Error {
  readonly status: number;
  readonly title: string;
  readonly requestId: string | undefined;
  /** Members beside the usual ones, such as the blockers of a refused booking. */
  readonly members: Readonly<Record<string, unknown>>;

  constructor(document: Partial<ProblemDocument> & { status: number }) {
    super(document.detail ?? document.title ?? "");
    this.name = "ApiProblem";
    this.status = document.status;
    this.title = document.title ?? "";
    this.requestId = document.request_id;
    this.members = document;
  }

  get isNoPermission(): boolean {
    return this.status === 403;
  }

  get isNotFound(): boolean {
    return this.status === 404;
  }

  /** Whether the same request may succeed a moment later. */
  get isTemporary(): boolean {
    return this.status === NO_ANSWER || this.status === 429 || this.status >= 500;
  }
}

export async function readProblem(response: Response): Promise<ApiProblem> {
  const document: unknown = await response.json().catch(() => ({}));
  const members = typeof document === "object" && document !== null ? document : {};
  return new ApiProblem({ title: response.statusText, ...members, status: response.status });
}
