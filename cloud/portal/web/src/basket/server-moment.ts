// Answers with the server's time, and when the client has asked for them.

import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import { getOnce, queryKey, type Schema } from "../api/client";
import type { ApiProblem } from "../api/problem";
import type { ServerMoment } from "./hold-time";

export interface Timed<Answer> {
  answer: Answer;
  moment: ServerMoment;
}

/** Measures how long ago the request for an answer was sent. */
export async function readTimed<Answer extends { at: string }>(
  read: () => Promise<Answer>,
  clock: () => number = () => performance.now(),
): Promise<Timed<Answer>> {
  const sentAtMs = clock();
  const answer = await read();
  return { answer, moment: { at: answer.at, sentAtMs } };
}

export const holdKey = (hold: string) => [...queryKey("/api/holds/{hold}"), "timed", hold];

const ASK_AGAIN_MS = 30_000;

/** A hold, read again every half minute and when the window is shown again: it may have been displaced. */
export function useHold(hold: string | undefined): UseQueryResult<Timed<Schema<"HoldResponse">>, ApiProblem> {
  return useQuery<Timed<Schema<"HoldResponse">>, ApiProblem>({
    queryKey: holdKey(hold ?? ""),
    queryFn: () => readTimed(() => getOnce("/api/holds/{hold}", { params: { path: { hold: hold ?? "" } } })),
    enabled: hold !== undefined,
    staleTime: 0,
    refetchOnWindowFocus: true,
    refetchInterval: (query) => (query.state.data?.answer.state === "held" ? ASK_AGAIN_MS : false),
  });
}
