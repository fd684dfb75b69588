import { useGet, type Schema } from "../../api/client";
import { Badge, Card, DataView, Table, type Column } from "../../design";
import { minorMoney } from "../../format/money";
import { count } from "../../format/number";
import { instantText } from "../../format/time";
import type { Places } from "../../places/use-places";
import { orders as t } from "../../text/en/orders";
import { StatusBadge, statusText } from "./status";

type Version = Schema<"LineVersionResponse">;
type Change = Schema<"ChangeResponse">;

/** Change requests with their decisions, and every version of every line. */
export function OrderHistory({ order, places }: { order: Schema<"OrderDetail">; places: Places }) {
  const path = { params: { path: { order: order.id } } };
  const changes = useGet("/api/orders/{order}/changes", path);
  const history = useGet("/api/orders/{order}/history", path);
  return (
    <>
      {changes.data !== undefined && changes.data.changes.length > 0 && (
        <Card title={t.changes}>
          <Table caption={t.changesCaption} columns={changeColumns(order.currency)} rows={changes.data.changes} rowKey={(one) => one.id} isPlain />
        </Card>
      )}
      <Card title={t.history}>
        <DataView query={history}>
          {(found) => <Table caption={t.historyCaption} columns={versionColumns(found.currency, places)} rows={found.versions} rowKey={(one) => `${one.line} ${one.version}`} initialSorting={{ column: "when", isDescending: true }} />}
        </DataView>
      </Card>
    </>
  );
}

function changeColumns(currency: string): readonly Column<Change>[] {
  const wanted = (one: Change) => [one.positions === null ? [] : t.wantedPositions(one.positions), one.ends_at === null ? [] : t.wantedEnd(instantText(one.ends_at))].flat().join(", ");
  return [
    { id: "asked", title: t.asked, isHeader: true, cell: (one) => instantText(one.requested_at) },
    { id: "wanted", title: t.wanted, cell: (one) => <>{wanted(one)}<div className="quiet">{one.reason}</div></> },
    { id: "state", title: t.state, cell: (one) => <><Badge tone={one.status === "APPROVED" ? "good" : one.status === "REJECTED" ? "bad" : "warn"}>{t.changeStatuses[one.status]}</Badge><div className="quiet">{one.decision_reason}</div></> },
    { id: "before", title: t.costBefore, isNumber: true, cell: (one) => minorMoney(one.cost_before_minor, currency) },
    { id: "after", title: t.costAfter, isNumber: true, cell: (one) => minorMoney(one.cost_after_minor, currency) },
  ];
}

function versionColumns(currency: string, places: Places): readonly Column<Version>[] {
  return [
    { id: "when", title: t.when, isHeader: true, value: (one) => `${one.changed_at} ${String(one.version).padStart(6, "0")}`, cell: (one) => instantText(one.changed_at) },
    { id: "screen", title: t.screen, value: (one) => places.name(one.location), cell: (one) => places.name(one.location) },
    { id: "state", title: t.state, value: (one) => statusText(one.status), cell: (one) => <StatusBadge status={one.status} /> },
    { id: "positions", title: t.positions, isNumber: true, value: (one) => one.positions, cell: (one) => count(one.positions) },
    { id: "cost", title: t.cost, isNumber: true, value: (one) => one.cost_minor, cell: (one) => minorMoney(one.cost_minor, currency) },
  ];
}
