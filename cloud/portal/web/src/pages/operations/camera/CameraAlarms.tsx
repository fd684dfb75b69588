import { useState } from "react";
import { useGet, type Schema } from "../../../api/client";
import { Badge, DataView, Table, type Column } from "../../../design";
import { toSentence } from "../../../format/words";
import { instantWithZone } from "../../../format/time";
import { operations } from "../../../text/en/operations";
import { alerts } from "../../../text/en/operations/alerts";
import { camera as t } from "../../../text/en/operations/fleet";
import { Pager } from "../shared/Pager";

type Alarm = Schema<"AlarmResponse">;

const COLUMNS: readonly Column<Alarm>[] = [
  { id: "at", title: operations.at, isHeader: true, value: (one) => one.at, cell: (one) => instantWithZone(one.at) },
  { id: "kind", title: alerts.kind, value: (one) => one.kind, cell: (one) => toSentence(one.kind) },
  { id: "state", title: alerts.columns.state, value: (one) => one.state, cell: (one) => <Badge tone={one.state === "raised" ? "bad" : "good"}>{t.alarmStates[one.state]}</Badge> },
  { id: "message", title: alerts.columns.message, value: (one) => one.message, cell: (one) => one.message },
];

/** The alarms that a device sent, the latest first. */
export function CameraAlarms({ device }: { device: string }) {
  const [before, setBefore] = useState("");
  const query = useGet("/api/fleet/devices/{device}/alarms", { params: { path: { device }, query: { limit: 20, ...(before && { before: Number(before) }) } } });
  return (
    <DataView query={query} isEmpty={(data) => data.alarms.length === 0} empty={<p className="quiet">{t.noAlarms}</p>}>
      {(data) => <div className="stack"><Table caption={t.alarms} columns={COLUMNS} rows={data.alarms} rowKey={(one) => String(one.id)} isPlain /><Pager at={before} next={data.next} onChange={setBefore} /></div>}
    </DataView>
  );
}
