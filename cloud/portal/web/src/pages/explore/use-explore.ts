import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { useGet, type Schema } from "../../api/client";
import { useAll } from "../../api/pages";
import { readState, writeState, type ExploreState } from "./state";

export type Location = Schema<"LocationResponse">;
export type ScreenSummary = Schema<"ScreenSummary">;
export type ChangeState = (changes: Partial<ExploreState>) => void;

/** The state of the address and its change, which replaces the entry of the browser's history. */
export function useExploreState(): readonly [ExploreState, ChangeState] {
  const search = useSearch({ strict: false }) as Record<string, string | undefined>;
  const navigate = useNavigate();
  const state = useMemo(() => readState(search), [search]);
  const change = useCallback<ChangeState>(
    (changes) => {
      const update = (before: Record<string, string | undefined>) => ({ ...before, ...writeState({ ...readState(before), ...changes }) });
      void navigate({ to: ".", search: update as never, replace: true, resetScroll: false });
    },
    [navigate],
  );
  return [state, change];
}

const PAGE = 200;

type Page = Schema<"ScreenSummaries">;
const nextScreens = (last: Page, read: readonly Page[]) => (read.length * PAGE < last.total ? { offset: read.length * PAGE } : null);

const period = ({ from, days }: Pick<ExploreState, "from" | "days">) => ({ ...(from === "" ? {} : { from }), days: Number(days) });

/** Prices and audience of all screens in the period, the hours and the venue of the state. */
export function useSummaries(state: ExploreState) {
  const { hours, venue } = state;
  const query = { ...period(state), hours, ...(venue === "" ? {} : { venue: [venue] }) };
  return useAll("/api/pricing/screens", query, (page) => [page], { limit: PAGE, nextOf: nextScreens });
}

/** Every hour of the screens; nothing is asked for without one. */
export function useCalendar(screens: readonly string[], state: Pick<ExploreState, "from" | "days">) {
  const query = { location: [...screens], ...period(state) };
  return useGet("/api/pricing/calendar", { params: { query } }, { enabled: screens.length > 0, placeholderData: (before) => before });
}

export function useLocations() {
  return useGet("/api/locations", undefined, { staleTime: 300_000 });
}

/** Screens within the price and the audience of the state; one without figures matches no limit. */
export function matchSummaries(summaries: readonly ScreenSummary[], { maxPrice, minEntries }: Pick<ExploreState, "maxPrice" | "minEntries">, digits: (currency: string) => number): readonly ScreenSummary[] {
  const isCheap = (one: ScreenSummary) => maxPrice === null || (one.price_min_minor !== null && one.price_min_minor <= maxPrice * 10 ** digits(one.currency));
  const isSeen = (one: ScreenSummary) => minEntries === null || (one.entries !== null && one.entries >= minEntries);
  return summaries.filter((one) => isCheap(one) && isSeen(one));
}
