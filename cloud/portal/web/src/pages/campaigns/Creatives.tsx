import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { getOnce, type Schema } from "../../api/client";
import type { ApiProblem } from "../../api/problem";
import { Badge, Button, DataView, Empty, Page, Select, Table, type Column, type Tone } from "../../design";
import { duration, instantText } from "../../format/time";
import { useSearchText } from "../../routing/address";
import { common } from "../../text/en";
import { creatives as t } from "../../text/en/creatives";
import { CreativeForm } from "./CreativeForm";

type Creative = Schema<"CreativeDocument">;
type Found = Schema<"CreativesPage">;
type Status = Creative["status"];

const PAGE = 50;
const TONES: Record<string, Tone> = { APPROVED: "good", PENDING: "warn", REJECTED: "bad" };
const CHOICES = [{ value: "", label: t.all }, ...Object.entries(t.statuses).map(([value, label]) => ({ value, label }))];

export default function Creatives() {
  const [isAdding, setAdding] = useState(false);
  const [status, setStatus] = useSearchText("state");
  const query = useCreatives(status);
  const add = <Button variant="primary" onPress={() => setAdding(true)}>{t.add}</Button>;
  const filter = <Select label={t.filter} choices={CHOICES} value={status} onChange={setStatus} />;
  return (
    <Page title={t.title} lead={t.lead} actions={add}>
      <DataView query={query as never} isEmpty={(found: readonly Creative[]) => found.length === 0 && status === ""} empty={<Empty title={t.empty} action={add}>{t.emptyDetail}</Empty>}>
        {(found) => <Table caption={t.caption} columns={COLUMNS} rows={found} rowKey={(one) => one.id} tools={filter} />}
      </DataView>
      {query.hasNextPage && <div><Button isPending={query.isFetchingNextPage} onPress={() => void query.fetchNextPage()}>{common.more}</Button></div>}
      {isAdding && <CreativeForm onClose={() => setAdding(false)} />}
    </Page>
  );
}

function useCreatives(status: string) {
  return useInfiniteQuery<Found, ApiProblem, readonly Creative[], readonly unknown[], string | null>({
    queryKey: ["/api/creatives", "pages", status],
    queryFn: ({ pageParam }) => getOnce("/api/creatives", { params: { query: { limit: PAGE, after: pageParam, status: (status || null) as Status | null } } }),
    initialPageParam: null,
    getNextPageParam: (last) => last.next,
    select: (data) => data.pages.flatMap((page) => page.creatives),
  });
}

const COLUMNS: readonly Column<Creative>[] = [
  { id: "name", title: t.name, isHeader: true, value: (one) => one.name, cell: (one) => one.name },
  { id: "kind", title: t.kind, value: (one) => one.media_type, cell: (one) => one.media_type },
  { id: "size", title: t.size, value: (one) => one.width_px * one.height_px, cell: (one) => t.sizeOf(one.width_px, one.height_px) },
  { id: "length", title: t.length, isNumber: true, value: (one) => one.duration_s, cell: (one) => duration(one.duration_s) },
  { id: "added", title: t.added, value: (one) => one.created_at, cell: (one) => instantText(one.created_at) },
  { id: "state", title: t.state, value: (one) => t.statuses[one.status] ?? one.status, cell: (one) => <State creative={one} /> },
];

function State({ creative }: { creative: Creative }) {
  return (
    <>
      <Badge tone={TONES[creative.status] ?? "neutral"}>{t.statuses[creative.status] ?? creative.status}</Badge>
      {creative.reason !== null && <div className="quiet">{creative.reason}</div>}
    </>
  );
}
