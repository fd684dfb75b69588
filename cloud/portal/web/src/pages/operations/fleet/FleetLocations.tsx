import type { Schema } from "../../../api/client";
import { Link, Table, type Column } from "../../../design";
import { count } from "../../../format/number";
import { fleet as t } from "../../../text/en/operations/fleet";

type Counts = Schema<"LocationCounts">;

const number = (id: string, title: string, value: (one: Counts) => number): Column<Counts> =>
  ({ id, title, isNumber: true, value, cell: (one) => count(value(one)) });

const COLUMNS: readonly Column<Counts>[] = [
  { id: "location", title: t.columns.location, isHeader: true, value: (one) => one.location, cell: (one) => <Link to={`/operations/fleet?location=${encodeURIComponent(one.location)}`}>{one.location}</Link> },
  number("devices", t.columns.devices, (one) => one.devices),
  number("online", t.figures.online, (one) => one.presence["online"] ?? 0),
  number("offline", t.figures.offline, (one) => one.presence["offline"] ?? 0),
  number("stopped", t.figures.stopped, (one) => one.presence["stopped"] ?? 0),
  number("never", t.figures.never, (one) => one.presence["never"] ?? 0),
  number("alarming", t.figures.alarming, (one) => one.alarming),
  number("drifting", t.figures.drifting, (one) => one.drifting),
];

export function FleetLocations({ locations }: { locations: readonly Counts[] }) {
  return <Table caption={t.mapTitle} columns={COLUMNS} rows={locations} rowKey={(one) => one.location} initialSorting={{ column: "offline", isDescending: true }} />;
}
