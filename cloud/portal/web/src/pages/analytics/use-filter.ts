import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { readFilter, type AnalyticsFilter, type FilterName, type Search } from "./filter";

export interface FilterState {
  filter: AnalyticsFilter;
  search: Search;
  /** An empty text is the default. */
  set: (changes: Partial<Record<FilterName, string>>) => void;
}

/** The filter in the address of the page. */
export function useFilter(): FilterState {
  const search = useSearch({ strict: false }) as Search;
  const navigate = useNavigate();
  const filter = useMemo(() => readFilter(search), [search]);
  const set = useCallback(
    (changes: Partial<Record<FilterName, string>>) => {
      const change = (before: Search) => ({ ...before, ...changes });
      void navigate({ to: ".", search: change as never, replace: true });
    },
    [navigate],
  );
  return { filter, search, set };
}
