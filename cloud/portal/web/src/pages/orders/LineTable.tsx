import type { Schema } from "../../api/client";
import { Button, Table, type Column } from "../../design";
import { Flight } from "../../format/Flight";
import { minorMoney } from "../../format/money";
import { count } from "../../format/number";
import { instantText } from "../../format/time";
import type { Places } from "../../places/use-places";
import { orders as t } from "../../text/en/orders";
import { StatusBadge, statusText } from "./status";

type OrderDetail = Schema<"OrderDetail">;
type Line = Schema<"OrderLineResponse">;

const ENDED = new Set(["Finished", "Stopped", "Canceled", "Expired", "Declined"]);

export interface LineTableProps {
  order: OrderDetail;
  places: Places;
  /** Without it creatives are shown only. */
  onAssign?: (line: Line) => void;
}

export function LineTable({ order, places, onAssign }: LineTableProps) {
  const flight = (line: Line) => <Flight from={instantText(line.starts_at, places.zone(line.location))} until={instantText(line.ends_at, places.zone(line.location))} />;
  const columns: readonly Column<Line>[] = [
    { id: "screen", title: t.screen, isHeader: true, value: (line) => places.name(line.location), cell: (line) => places.name(line.location) },
    { id: "flight", title: t.flight, value: (line) => line.starts_at, cell: flight },
    { id: "positions", title: t.positions, isNumber: true, value: (line) => line.positions, cell: (line) => count(line.positions) },
    { id: "state", title: t.state, value: (line) => statusText(line.status), cell: (line) => <State line={line} /> },
    { id: "creatives", title: t.creatives, value: (line) => line.creatives.join(", "), cell: (line) => <Creatives line={line} onAssign={onAssign} /> },
    { id: "cost", title: t.cost, isNumber: true, value: (line) => line.cost_minor, cell: (line) => minorMoney(line.cost_minor, order.currency) },
  ];
  return <Table caption={t.linesCaption} columns={columns} rows={order.lines} rowKey={(line) => line.id} />;
}

function State({ line }: { line: Line }) {
  return (
    <>
      <StatusBadge status={line.status} />
      {line.expires_at !== null && <div className="quiet">{t.expires(instantText(line.expires_at))}</div>}
      {line.reason !== null && <div className="quiet">{line.reason}</div>}
    </>
  );
}

function Creatives({ line, onAssign }: { line: Line; onAssign?: (line: Line) => void }) {
  return (
    <>
      <div>{line.creatives.length === 0 ? <span className="quiet">{t.noCreatives}</span> : line.creatives.join(", ")}</div>
      {onAssign !== undefined && !ENDED.has(line.status) && <Button isSmall variant="plain" onPress={() => onAssign(line)}>{t.assign}</Button>}
    </>
  );
}
