import { useState } from "react";
import { useGet } from "../../../api/client";
import { Badge, Button, DataView, Empty, Table, type Column } from "../../../design";
import { Missing } from "../../../format/Missing";
import { instantText } from "../../../format/time";
import { useSearchText } from "../../../routing/address";
import { alerts as t } from "../../../text/en/operations/alerts";
import { Pager } from "../shared/Pager";
import { AlertDetails } from "./AlertDetails";
import { AlertFilters, useAlertFilters } from "./AlertFilters";
import { describePlace, nameKind, SEVERITY_TONES, STATE_TONES, stateOf, type Alert } from "./alert-words";

/** Every alert that there was, the latest first. */
export function AlertHistory() {
  const filters = useAlertFilters();
  const [before, setBefore] = useSearchText("before");
  const [open, setOpen] = useState<number>();
  const query = useGet("/api/alerts", { params: { query: { ...filters.query, limit: 100, ...(before && { before: Number(before) }) } } });
  return (
    <div className="stack">
      <AlertFilters filters={filters} />
      <DataView query={query} isEmpty={(data) => data.alerts.length === 0} empty={<Empty title={t.emptyHistory} />}>
        {(data) => <><Table caption={t.tabs.history} columns={newColumns(setOpen)} rows={data.alerts} rowKey={(one) => String(one.id)} /><Pager at={before} next={data.next} onChange={setBefore} /></>}
      </DataView>
      {open !== undefined && <AlertDetails id={open} onClose={() => setOpen(undefined)} />}
    </div>
  );
}

function newColumns(onOpen: (id: number) => void): readonly Column<Alert>[] {
  return [
    { id: "alert", title: t.columns.alert, isHeader: true, value: (one) => nameKind(one.kind), cell: (one) => <span className="name-button"><Button isSmall variant="plain" onPress={() => onOpen(one.id)}>{nameKind(one.kind)}</Button></span> },
    { id: "where", title: t.columns.where, value: describePlace, cell: describePlace },
    { id: "severity", title: t.columns.severity, value: (one) => one.severity, cell: (one) => <Badge tone={SEVERITY_TONES[one.severity]}>{t.severities[one.severity]}</Badge> },
    { id: "raised", title: t.columns.raised, value: (one) => one.raised_at, cell: (one) => instantText(one.raised_at) },
    { id: "cleared", title: t.columns.cleared, value: (one) => one.cleared_at, cell: (one) => (one.cleared_at === null ? <Missing reason={t.states.open} /> : instantText(one.cleared_at)) },
    { id: "state", title: t.columns.state, value: stateOf, cell: (one) => <Badge tone={STATE_TONES[stateOf(one)]}>{t.states[stateOf(one)]}</Badge> },
    { id: "message", title: t.columns.message, value: (one) => one.message, cell: (one) => one.message },
  ];
}
