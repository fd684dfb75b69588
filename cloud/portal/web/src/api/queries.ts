// The cache of answers: what is retried, and for how long an answer counts as new.

import { QueryClient } from "@tanstack/react-query";
import { ApiProblem } from "./problem";

const MOST_RETRIES = 2;
const FRESH_MS = 10_000;

export function isRetried(failures: number, error: unknown): boolean {
  return error instanceof ApiProblem && error.isTemporary && failures < MOST_RETRIES;
}

export function newQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: { retry: isRetried, staleTime: FRESH_MS, refetchOnWindowFocus: false },
      mutations: { retry: false },
    },
  });
}
