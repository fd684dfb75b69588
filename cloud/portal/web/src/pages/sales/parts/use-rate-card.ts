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

export function useRateCard() {
  return useQuery<TaggedState, ApiProblem>({
    queryKey: ["/api/rate-card"],
    refetchOnMount: "always",
    queryFn: async ({ signal }) => {
      const { data, response } = await api.GET("/api/rate-card", { signal });
      if (data === undefined) throw new Error("the rate card has no content");
      return { state: data, tag: response.headers.get("etag") ?? "" };
    },
  });
}
