import { useState } from "react";
import type { Schema } from "../../api/client";
import { usePages } from "../../api/pages";
import { useClientColumn } from "../../clients/client-column";
import { useIsAllClients } from "../../clients/use-client";
import { Badge, Button, Empty, Page, PagedTable, Select, type Column, type Tone } from "../../design";
import { duration, instantText } from "../../format/time";
import { mediaText, wordOf } from "../../format/words";
import { useSearchText } from "../../routing/address";
import { clients } from "../../text/en/clients";
import { creatives as t } from "../../text/en/creatives";
import { CreativeForm } from "./CreativeForm";

type Creative = Schema<"CreativeDocument">;
type Status = Creative["status"];

const TONES: Record<string, Tone> = { APPROVED: "good", PENDING: "warn", REJECTED: "bad" };
const CHOICES = [{ value: "", label: t.all }, ...Object.entries(t.statuses).map(([value, label]) => ({ value, label }))];

export default function Creatives() {
  const [isAdding, setAdding] = useState(false);
  const [status, setStatus] = useSearchText("state");
  const pages = usePages("/api/creatives", { status: (status || null) as Status | null }, (page) => page.creatives);
  const client = useClientColumn<Creative>();
  const add = useIsAllClients() ? <span className="quiet">{clients.chooseFirst}</span> : <Button variant="primary" onPress={() => setAdding(true)}>{t.add}</Button>;
  const filter = <Select label={t.filter} choices={CHOICES} value={status} onChange={setStatus} />;
  const empty = status === "" ? <Empty title={t.empty} action={add}>{t.emptyDetail}</Empty> : undefined;
  return (
    <Page title={t.title} lead={t.lead} actions={add}>
      <PagedTable pages={pages} empty={empty} caption={t.caption} columns={[...COLUMNS.slice(0, 1), ...client, ...COLUMNS.slice(1)]} rowKey={(one) => one.id} tools={filter} />
      {isAdding && <CreativeForm onClose={() => setAdding(false)} />}
    </Page>
  );
}

const COLUMNS: readonly Column<Creative>[] = [
  { id: "name", title: t.name, isHeader: true, value: (one) => one.name, cell: (one) => one.name },
  { id: "kind", title: t.kind, value: (one) => mediaText(one.media_type), cell: (one) => mediaText(one.media_type) },
  { id: "size", title: t.size, value: (one) => one.width_px * one.height_px, cell: (one) => t.sizeOf(one.width_px, one.height_px) },
  { id: "length", title: t.length, isNumber: true, value: (one) => one.duration_s, cell: (one) => duration(one.duration_s) },
  { id: "added", title: t.added, value: (one) => one.created_at, cell: (one) => instantText(one.created_at) },
  { id: "state", title: t.state, value: (one) => wordOf(t.statuses, one.status), cell: (one) => <State creative={one} /> },
];

function State({ creative }: { creative: Creative }) {
  return (
    <>
      <Badge tone={TONES[creative.status] ?? "neutral"}>{wordOf(t.statuses, creative.status)}</Badge>
      {creative.reason !== null && <div className="quiet">{creative.reason}</div>}
    </>
  );
}
