import { useRef, useState, type KeyboardEvent } from "react";
import { followBefore, useAll } from "../../../api/pages";
import { Button, DataView, Empty } from "../../../design";
import { alerts as t } from "../../../text/en/operations/alerts";
import { useMayOperate } from "../shared/use-may-operate";
import { AlertFilters, useAlertFilters } from "./AlertFilters";
import { AlertDialogs, type AlertAction } from "./AlertDialogs";
import { InboxItem } from "./InboxItem";
import { Shortcuts } from "./Shortcuts";
import { sortByUrgency, type Alert } from "./alert-words";

const REFRESH_MS = 10_000;
const KEYS: Readonly<Record<string, AlertAction>> = { a: "acknowledge", c: "close", m: "mute", Enter: "details" };

/** The open alerts: each can be acknowledged, closed and muted, also by keys. */
export function Inbox() {
  const filters = useAlertFilters();
  const query = useAll("/api/alerts", { ...filters.query, state: "open" }, (page) => page.alerts, { limit: 200, nextOf: followBefore, refetchMs: REFRESH_MS });
  const [open, setOpen] = useState<{ alert: Alert; action: AlertAction }>();
  const [showsKeys, setShowsKeys] = useState(false);
  const mayOperate = useMayOperate();
  const act = (alert: Alert, action: AlertAction) => (mayOperate || action === "details") && setOpen({ alert, action });
  return (
    <div className="stack">
      <div className="row"><AlertFilters filters={filters} /><Button isSmall variant="plain" onPress={() => setShowsKeys(true)}>{t.shortcuts}</Button></div>
      <DataView query={query} isEmpty={(all) => all.length === 0} empty={<Empty title={t.emptyOpen}>{t.emptyOpenDetail}</Empty>}>
        {(all) => <AlertList alerts={sortByUrgency(all)} mayOperate={mayOperate} onAct={act} onHelp={() => setShowsKeys(true)} />}
      </DataView>
      {open !== undefined && <AlertDialogs alert={open.alert} action={open.action} onClose={() => setOpen(undefined)} />}
      <Shortcuts isOpen={showsKeys} onClose={() => setShowsKeys(false)} />
    </div>
  );
}

interface AlertListProps {
  alerts: readonly Alert[];
  mayOperate: boolean;
  onAct: (alert: Alert, action: AlertAction) => void;
  onHelp: () => void;
}

function AlertList({ alerts, mayOperate, onAct, onHelp }: AlertListProps) {
  const list = useRef<HTMLUListElement>(null);
  const move = (from: number, by: number) => (list.current?.children[from + by] as HTMLElement | undefined)?.focus();
  const press = (event: KeyboardEvent, at: number) => {
    const alert = alerts[at];
    if (event.target !== event.currentTarget || event.metaKey || event.ctrlKey || event.altKey || alert === undefined) return;
    const action = KEYS[event.key];
    if (event.key === "j") move(at, 1);
    else if (event.key === "k") move(at, -1);
    else if (event.key === "?") onHelp();
    else if (action !== undefined) onAct(alert, action);
    else return;
    event.preventDefault();
  };
  return (
    <ul className="inbox" ref={list} aria-label={t.inbox}>
      {alerts.map((one, at) => <InboxItem key={one.id} alert={one} mayOperate={mayOperate} onAct={(action) => onAct(one, action)} onKeyDown={(event) => press(event, at)} />)}
    </ul>
  );
}
