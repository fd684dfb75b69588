import { useQuery, type QueryClient, type UseQueryOptions } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { api } from "../api/client";
import { ApiProblem } from "../api/problem";
import { session, type Me } from "../api/session";

/** The caller; undefined before a sign-in. */
export function useMe(): Me | undefined {
  return useSyncExternalStore(session.subscribe, session.getMe);
}

export function useIsExpired(): boolean {
  return useSyncExternalStore(session.subscribe, session.isExpired);
}

export type SessionState = "unknown" | "none" | "present" | "failed";

const QUERY: UseQueryOptions<boolean, ApiProblem> & { queryKey: readonly string[] } = { queryKey: ["session"], queryFn: identify, staleTime: Infinity, retry: 1 };

/** Asks who the caller is while the scripts of the page are loading. */
export function prefetchSession(cache: QueryClient): void {
  void cache.prefetchQuery(QUERY);
}

/** Asks once who the caller is. */
export function useSessionState(): { state: SessionState; error: ApiProblem | null; retry: () => void } {
  const me = useMe();
  const query = useQuery(QUERY);
  const state = me !== undefined ? "present" : query.isPending ? "unknown" : query.isError ? "failed" : "none";
  return { state, error: query.error, retry: () => void query.refetch() };
}

async function identify(): Promise<boolean> {
  try {
    const { data } = await api.GET("/api/me");
    if (data !== undefined) session.begin(data);
    return data !== undefined;
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 401) return false;
    throw error;
  }
}
