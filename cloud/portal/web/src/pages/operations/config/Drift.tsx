import { useGet, type Schema } from "../../../api/client";
import { DataView, Empty, Link, Table, type Column } from "../../../design";
import { ago, instantWithZone } from "../../../format/time";
import { config as t } from "../../../text/en/operations/config";
import { writeSetting } from "../shared/settings";

type DriftRow = Schema<"DriftAnswer">;

const COLUMNS: readonly Column<DriftRow>[] = [
  { id: "device", title: t.driftColumns.device, isHeader: true, value: (one) => one.device, cell: (one) => <Link to={`/operations/cameras/${one.device}`}>{one.device}</Link> },
  { id: "location", title: t.driftColumns.location, value: (one) => one.location, cell: (one) => one.location },
  { id: "delta", title: t.driftColumns.delta, value: (one) => writeSetting(one.delta), cell: (one) => <Delta delta={one.delta} /> },
  { id: "since", title: t.driftColumns.since, value: (one) => one.since, cell: (one) => <span title={instantWithZone(one.since)}>{ago(one.since)}</span> },
];

/** Cameras that do not report what is desired, the longest first. */
export function Drift() {
  const query = useGet("/api/fleet/drift", undefined, { refetchInterval: 30_000 });
  return (
    <DataView query={query} isEmpty={(data) => data.total === 0} empty={<Empty title={t.driftEmpty} />}>
      {(data) => <div className="stack"><p className="quiet">{t.driftLead}</p><Table caption={t.tabs.drift} columns={COLUMNS} rows={data.drifts} rowKey={(one) => one.device} /></div>}
    </DataView>
  );
}

function Delta({ delta }: { delta: Readonly<Record<string, unknown>> }) {
  return <ul className="plain-list">{Object.entries(delta).map(([name, value]) => <li key={name} className="mono">{name}: {writeSetting(value)}</li>)}</ul>;
}
