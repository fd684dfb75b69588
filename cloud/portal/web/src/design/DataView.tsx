import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ApiProblem } from "../api/problem";
import { instantText } from "../format/time";
import { common } from "../text/en";
import { ErrorState, Loading, NoPermission, StaleBanner } from "./states";

export interface DataViewProps<Data> {
  query: UseQueryResult<Data, ApiProblem>;
  children: (data: Data) => ReactNode;
  isEmpty?: (data: Data) => boolean;
  /** Shown when `isEmpty`. */
  empty?: ReactNode;
  loading?: ReactNode;
}

/** Picks the state from a query: loading, refused, failed, empty, stale, or the data. */
export function DataView<Data>({ query, children, isEmpty, empty, loading }: DataViewProps<Data>) {
  const { data, error } = query;
  if (data === undefined) {
    if (error === null) return <>{loading ?? <Loading />}</>;
    if (error instanceof ApiProblem && error.isNoPermission) return <NoPermission>{error.message}</NoPermission>;
    return <ErrorState error={error} onRetry={() => void query.refetch()} />;
  }
  return (
    <>
      {error !== null && <StaleBanner>{common.staleSince(instantText(new Date(query.dataUpdatedAt).toISOString()))}</StaleBanner>}
      {isEmpty?.(data) ? empty : children(data)}
    </>
  );
}
