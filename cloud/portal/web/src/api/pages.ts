// Lists of many rows: page after page with the cursor of the API, or all pages at once.
//
//   const pages = usePages("/api/invoices", { kind }, (page) => page.invoices);
//   <PagedTable pages={pages} columns={COLUMNS} … />

import { useInfiniteQuery, useQuery, type UseQueryResult } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { clientStore } from "../clients/client-store";
import { addAccount } from "./account-scope";
import { getOnce, queryKey } from "./client";
import type { ApiProblem } from "./problem";
import type { paths } from "./schema";

type Answer<Path extends keyof paths> = paths[Path] extends { get: { responses: { 200: { content: { "application/json": infer Page } } } } } ? Page : never;
type Query<Path extends keyof paths> = paths[Path] extends { get: { parameters: { query?: infer Found } } } ? NonNullable<Found> : never;
type Filter<Path extends keyof paths> = Omit<Query<Path>, "after" | "before" | "offset" | "limit">;
/** What the next request adds to the first one; null after the last page. */
type Position = Readonly<Record<string, string | number>> | null;
export type ListPath = { [Path in keyof paths]: [Query<Path>] extends [never] ? never : "limit" extends keyof Query<Path> ? Path : never }[keyof paths];

export interface Pages<Row> {
  /** The rows of all pages that were read. */
  query: UseQueryResult<readonly Row[], ApiProblem>;
  hasMore: boolean;
  isReading: boolean;
  readMore: () => void;
  /** Reads the remaining pages; returns every row. */
  readAll: () => Promise<readonly Row[]>;
}

interface PageOptions<Path extends keyof paths> {
  limit?: number;
  /** Where the next page begins; by default at `next` of the last one. */
  nextOf?: (last: Answer<Path>, read: readonly Answer<Path>[]) => Position;
  /** Milliseconds until the rows are read again; false: never. */
  refetchAfter?: (rows: readonly unknown[]) => number | false;
}

const PAGE = 50;
const LONG_PAGE = 100;
const MOST_PAGES = 1_000;

export function usePages<Path extends ListPath, Row>(
  path: Path,
  filter: Filter<Path>,
  rowsOf: (page: Answer<Path>) => readonly Row[],
  { limit = PAGE, nextOf = followNext, refetchAfter }: PageOptions<Path> = {},
): Pages<Row> {
  const init = useClientInit(path, { ...filter, limit });
  const query = useInfiniteQuery<Answer<Path>, ApiProblem, readonly Row[], readonly unknown[], Position>({
    queryKey: [...queryKey(path, init), "pages"],
    queryFn: ({ pageParam }) => readPage(path, init, pageParam),
    initialPageParam: null,
    getNextPageParam: nextOf,
    select: (data) => data.pages.flatMap(rowsOf),
    refetchInterval: (found) => refetchAfter?.(found.state.data?.pages.flatMap(rowsOf) ?? []) ?? false,
  });
  const readAll = async () => {
    let found = query;
    for (let read = 0; found.hasNextPage && read < MOST_PAGES; read += 1) found = (await found.fetchNextPage({ throwOnError: true })) as typeof query;
    return found.data ?? [];
  };
  return { query: query as unknown as Pages<Row>["query"], hasMore: query.hasNextPage, isReading: query.isFetchingNextPage, readMore: () => void query.fetchNextPage(), readAll };
}

/** Every row of a list, for choices and for maps. */
export function useAll<Path extends ListPath, Row>(
  path: Path,
  filter: Filter<Path>,
  rowsOf: (page: Answer<Path>) => readonly Row[],
  { limit = LONG_PAGE, nextOf = followNext, refetchMs }: Omit<PageOptions<Path>, "refetchAfter"> & { refetchMs?: number } = {},
): UseQueryResult<readonly Row[], ApiProblem> {
  const init = useClientInit(path, { ...filter, limit });
  return useQuery<readonly Row[], ApiProblem>({
    queryKey: [...queryKey(path, init), "all"],
    queryFn: () => readEveryPage((position) => readPage(path, init, position), nextOf, rowsOf),
    refetchInterval: refetchMs ?? false,
    placeholderData: (before) => before,
  });
}

export async function readEveryPage<Page, Row>(
  read: (position: Position) => Promise<Page>,
  nextOf: (last: Page, read: readonly Page[]) => Position,
  rowsOf: (page: Page) => readonly Row[],
): Promise<readonly Row[]> {
  const pages: Page[] = [];
  for (let position: Position = null; pages.length < MOST_PAGES;) {
    const page = await read(position);
    pages.push(page);
    position = nextOf(page, pages);
    if (position === null) break;
  }
  return pages.flatMap(rowsOf);
}

/** The request of the chosen client, which is a part of its key in the cache. */
function useClientInit(path: string, query: object) {
  const client = useSyncExternalStore(clientStore.subscribe, clientStore.get);
  return addAccount("get", path, { params: { query } }, client);
}

async function readPage<Path extends ListPath>(path: Path, { params }: { params: { query: object } }, position: Position): Promise<Answer<Path>> {
  const query = { ...params.query, ...position };
  return (await getOnce(path as never, { params: { query } } as never)) as Answer<Path>;
}

export function followNext(last: unknown): Position {
  const { next } = last as { next?: string | null };
  return next == null ? null : { after: next };
}

/** For lists whose next page is `before` a number. */
export function followBefore(last: unknown): Position {
  const { next } = last as { next?: number | null };
  return next == null ? null : { before: next };
}

/** For lists with `offset`: until a page has fewer rows than it could. */
export function followOffset<Page>(rowsOf: (page: Page) => readonly unknown[], limit = PAGE): (last: Page, read: readonly Page[]) => Position {
  return (last, read) => (rowsOf(last).length < limit ? null : { offset: read.reduce((sum, page) => sum + rowsOf(page).length, 0) });
}
