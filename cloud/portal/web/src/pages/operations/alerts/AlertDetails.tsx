import type { ReactNode } from "react";
import { useGet, type Schema } from "../../../api/client";
import { Button, DataView, Dialog, Facts, LinkButton, Table, type Column } from "../../../design";
import { decimal } from "../../../format/number";
import { instantWithZone } from "../../../format/time";
import { wordOf } from "../../../format/words";
import { common } from "../../../text/en";
import { operations } from "../../../text/en/operations";
import { alerts as t } from "../../../text/en/operations/alerts";
import { describePlace, nameKind } from "./alert-words";

type Detail = Schema<"AlertDetail">;
type Notification = Schema<"NotificationResponse">;

/** One alert with what happened to it and who was notified. */
export function AlertDetails({ id, onClose }: { id: number; onClose: () => void }) {
  const query = useGet("/api/alerts/{alert}", { params: { path: { alert: id } } });
  const found = query.data;
  const actions = <>{found?.device && <LinkButton to={`/operations/cameras/${found.device}`}>{t.openCamera}</LinkButton>}<Button variant="primary" onPress={onClose}>{common.close}</Button></>;
  return (
    <Dialog title={found === undefined ? t.details : nameKind(found.kind)} isOpen isWide onClose={onClose} actions={actions}>
      <DataView query={query}>{(alert) => <Content alert={alert} />}</DataView>
    </Dialog>
  );
}

function Content({ alert }: { alert: Detail }) {
  return (
    <div className="stack">
      <p>{alert.message}</p>
      <Facts rows={listFacts(alert)} />
      {alert.changes.length > 0 && <h3>{t.changes}</h3>}
      <ul className="plain-list">{alert.changes.map((one) => <li key={one.change}>{instantWithZone(one.changed_at)}: {wordOf(t.changeNames, one.change)}</li>)}</ul>
      <h3>{t.notifications}</h3>
      {alert.notifications.length === 0 ? <p className="quiet">{t.noNotifications}</p> : <Table caption={t.notifications} columns={COLUMNS} rows={alert.notifications} rowKey={(one) => `${one.recipient} ${one.change}`} isPlain />}
    </div>
  );
}

function listFacts(alert: Detail): readonly (readonly [string, ReactNode])[] {
  const given = (label: string, at: string | null, who: string | null, note: string | null): readonly (readonly [string, string])[] =>
    at === null ? [] : [[label, [t.by(who ?? "", instantWithZone(at)), note].filter(Boolean).join(": ")]];
  return [
    [t.facts.where, describePlace(alert)],
    [t.facts.value, decimal(alert.value, 2)],
    [t.facts.raised, instantWithZone(alert.raised_at)],
    [t.facts.lastHeld, instantWithZone(alert.last_held_at)],
    ...given(t.facts.acknowledged, alert.acknowledged_at, alert.acknowledged_by, alert.acknowledged_note),
    ...(alert.closed_by === null ? [] : given(t.facts.closed, alert.cleared_at, alert.closed_by, alert.close_reason)),
    ...(alert.closed_by !== null || alert.cleared_at === null ? [] : [[t.facts.ended, instantWithZone(alert.cleared_at)] as const]),
    ...(alert.muted_until === null ? [] : [[t.facts.muted, instantWithZone(alert.muted_until)] as const]),
  ];
}

const COLUMNS: readonly Column<Notification>[] = [
  { id: "recipient", title: t.recipient, isHeader: true, value: (one) => one.recipient, cell: (one) => one.recipient },
  { id: "change", title: t.change, value: (one) => one.change, cell: (one) => wordOf(t.changeNames, one.change) },
  { id: "state", title: t.columns.state, value: (one) => one.state, cell: (one) => wordOf(t.notificationStates, one.state) },
  { id: "due", title: operations.at, value: (one) => one.due_at, cell: (one) => instantWithZone(one.sent_at ?? one.due_at) },
  { id: "failure", title: operations.detail, value: (one) => one.failure, cell: (one) => one.failure ?? "" },
];
