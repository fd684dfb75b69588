import { useState } from "react";
import { useGet, type Schema } from "../../api/client";
import { usePages } from "../../api/pages";
import { Badge, Button, Empty, Figure, Figures, Notice, Page, PagedTable, Select, type Column } from "../../design";
import { Missing } from "../../format/Missing";
import { count } from "../../format/number";
import { instantText } from "../../format/time";
import { useSearchText } from "../../routing/address";
import { errors as t, retail } from "../../text/en/retail";
import { CloseError } from "./CloseError";
import { RepairError } from "./RepairError";
import { Filters } from "./shared";

export type PriceError = Schema<"PriceErrorResponse">;
type State = PriceError["state"];
type Reason = PriceError["reason"];
const ALL = "";
const STATES = Object.entries(t.states).map(([value, label]) => ({ value, label }));
const REASONS = [{ value: ALL, label: t.everyReason }, ...Object.entries(t.reasons).map(([value, label]) => ({ value, label }))];

export default function PriceErrors() {
  const [state, setState] = useSearchText("state", "open");
  const [reason, setReason] = useSearchText("reason");
  const filter = { state: state as State, reason: (reason || undefined) as Reason | undefined };
  const pages = usePages("/api/retail/price-errors", filter, (page) => page.errors, { nextOf: (last) => (last.next === null ? null : { before: last.next }) });
  const [asked, setAsked] = useState<{ kind: "repair" | "close"; error: PriceError } | null>(null);
  const [isDone, setDone] = useState(false);
  const close = (done: boolean) => { setAsked(null); setDone(done); };
  return (
    <Page title={t.title} lead={t.lead}>
      <Counts />
      <Filters>
        <Select label={t.state} choices={STATES} value={state} onChange={setState} />
        <Select label={t.reason} choices={REASONS} value={reason} onChange={setReason} />
      </Filters>
      {isDone && <Notice tone="good" isAnnounced>{t.committed}</Notice>}
      <PagedTable caption={t.table} pages={pages} columns={listColumns((kind, error) => { setDone(false); setAsked({ kind, error }); })} rowKey={(row) => String(row.id)} empty={<Empty title={t.none}>{t.noneDetail}</Empty>} />
      {asked?.kind === "repair" && <RepairError key={asked.error.id} error={asked.error} onClose={close} />}
      {asked?.kind === "close" && <CloseError key={asked.error.id} error={asked.error} onClose={() => close(false)} />}
    </Page>
  );
}

/** The reasons with the most open entries. */
function Counts() {
  const counts = useGet("/api/retail/price-errors/counts").data?.counts;
  if (counts === undefined || counts.length === 0) return null;
  const byReason = new Map<string, number>();
  for (const one of counts) byReason.set(one.reason, (byReason.get(one.reason) ?? 0) + one.open);
  const most = [...byReason].filter(([, open]) => open > 0).toSorted((a, b) => b[1] - a[1]).slice(0, 4);
  if (most.length === 0) return null;
  return <Figures>{most.map(([reason, open]) => <Figure key={reason} label={t.reasons[reason] ?? reason} value={count(open)} note={t.open} />)}</Figures>;
}

function listColumns(ask: (kind: "repair" | "close", error: PriceError) => void): readonly Column<PriceError>[] {
  return [
    { id: "reason", title: t.reason, cell: (row) => <><Badge tone="warn">{t.reasons[row.reason] ?? row.reason}</Badge>{row.field !== null && <div className="quiet mono">{row.field}</div>}</>, value: (row) => row.reason, isHeader: true },
    { id: "found", title: t.found, cell: (row) => <span className="mono">{row.found}</span>, value: (row) => row.found },
    { id: "expected", title: t.expected, cell: (row) => row.expected, value: (row) => row.expected },
    { id: "where", title: t.where, cell: (row) => <>{row.source}<div className="quiet">{row.position}</div></>, value: (row) => row.source },
    { id: "times", title: t.times, cell: (row) => count(row.times), value: (row) => row.times, isNumber: true },
    { id: "last", title: t.last, cell: (row) => instantText(row.last_received_at), value: (row) => row.last_received_at },
    { id: "actions", title: t.repair, cell: (row) => row.state === "open" ? <div className="row nowrap"><Button isSmall onPress={() => ask("repair", row)}>{t.repair}</Button><Button isSmall onPress={() => ask("close", row)}>{t.closeEntry}</Button></div> : row.decided_by ?? <Missing reason={retail.notReported} /> },
  ];
}
