// The rate card in force with its version, and how it is put.

import { useQuery } from "@tanstack/react-query";
import { api, type Schema } from "../../../api/client";
import type { ApiProblem } from "../../../api/problem";

export type CardState = Schema<"RateCardResponse">;
export type Card = CardState["card"];

export interface TaggedState {
  state: CardState;
  /** The version that a change names in `If-Match`. */
  tag: string;
}

const OFTEN_MS = 3_000;

/** Whether a stored card is still to take effect: then the card in force changes by itself. */
export function hasComing(state: Pick<CardState, "stored"> | undefined, now: number): boolean {
  return state?.stored.some((one) => Date.parse(one.valid_from) > now - OFTEN_MS) ?? false;
}

/** The version to send: the newest one, unless somebody has put a card since the draft was begun. */
export function tagToSend(base: TaggedState, newest: TaggedState): string {
  return base.state.stored[0]?.number === newest.state.stored[0]?.number ? newest.tag : base.tag;
}

export function useRateCard() {
  return useQuery<TaggedState, ApiProblem>({
    queryKey: ["/api/rate-card"],
    refetchOnMount: "always",
    refetchInterval: (query) => (hasComing(query.state.data?.state, Date.now()) ? OFTEN_MS : false),
    queryFn: async ({ signal }) => {
      const { data, response } = await api.GET("/api/rate-card", { signal });
      if (data === undefined) throw new Error("the rate card has no content");
      return { state: data, tag: response.headers.get("etag") ?? "" };
    },
  });
}
