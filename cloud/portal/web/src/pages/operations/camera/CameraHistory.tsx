import { useGet, type Schema } from "../../../api/client";
import { DataView, Table, type Column } from "../../../design";
import { toSentence } from "../../../format/words";
import { instantWithZone } from "../../../format/time";
import { operations } from "../../../text/en/operations";
import { camera as t } from "../../../text/en/operations/fleet";

type Entry = Schema<"HistoryEntryAnswer">;

const COLUMNS: readonly Column<Entry>[] = [
  { id: "at", title: operations.at, isHeader: true, value: (one) => one.at, cell: (one) => instantWithZone(one.at) },
  { id: "who", title: operations.who, value: (one) => one.who, cell: (one) => one.who },
  { id: "event", title: operations.event, value: (one) => one.event, cell: (one) => toSentence(one.event) },
  { id: "detail", title: operations.detail, value: (one) => one.detail, cell: (one) => <span className="mono">{one.detail}</span> },
];

/** Who changed what, from the audit log. */
export function CameraHistory({ device }: { device: string }) {
  const query = useGet("/api/fleet/audit", { params: { query: { device, limit: 50 } } });
  return (
    <DataView query={query} isEmpty={(data) => data.entries.length === 0} empty={<p className="quiet">{t.historyEmpty}</p>}>
      {(data) => <Table caption={t.history} columns={COLUMNS} rows={data.entries} rowKey={(one) => `${one.entry} ${one.at} ${one.event}`} isPlain />}
    </DataView>
  );
}
