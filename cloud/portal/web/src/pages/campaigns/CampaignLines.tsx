import { useGet, type Schema } from "../../api/client";
import { Card, DataView, Link, Table, type Column } from "../../design";
import { count } from "../../format/number";
import { Flight } from "../../format/Flight";
import { instantText } from "../../format/time";
import type { Places } from "../../places/use-places";
import { campaigns as t } from "../../text/en/campaigns";
import { StatusBadge, statusText } from "../orders/status";

type Line = Schema<"CampaignLineDocument">;

export function CampaignLines({ campaign, places }: { campaign: string; places: Places }) {
  const query = useGet("/api/campaigns/{campaign}", { params: { path: { campaign } } });
  return (
    <Card title={t.lines}>
      <DataView query={query}>{(found) => <Table caption={t.linesCaption} columns={lineColumns(places)} rows={found.lines} rowKey={(line) => line.line_id} />}</DataView>
    </Card>
  );
}

function lineColumns(places: Places): readonly Column<Line>[] {
  const at = (instant: string, line: Line) => instantText(instant, places.zone(line.location));
  return [
    { id: "screen", title: t.screen, isHeader: true, value: (line) => places.name(line.location), cell: (line) => places.name(line.location) },
    { id: "order", title: t.order, value: (line) => line.order_id, cell: (line) => <Link to={`/orders/${line.order_id}`} className="mono">{line.order_id.slice(0, 12)}</Link> },
    { id: "flight", title: t.flight, value: (line) => line.starts_at, cell: (line) => <Flight from={at(line.starts_at, line)} until={at(line.ends_at, line)} /> },
    { id: "state", title: t.state, value: (line) => statusText(line.booking_status), cell: (line) => <StatusBadge status={line.booking_status} /> },
    { id: "positions", title: t.positions, isNumber: true, value: (line) => line.positions, cell: (line) => count(line.positions) },
    { id: "creatives", title: t.creatives, value: (line) => line.creatives.join(", "), cell: (line) => line.creatives.join(", ") },
  ];
}
