import type { Schema } from "../../../api/client";
import { Badge, Link, Table, type Column } from "../../../design";
import { Missing } from "../../../format/Missing";
import { ago, dateText } from "../../../format/time";
import { operations } from "../../../text/en/operations";
import { fleet as t } from "../../../text/en/operations/fleet";
import { readHeartbeat } from "../shared/heartbeat";
import { PresenceBadge } from "../shared/PresenceBadge";

type Device = Schema<"DeviceAnswer">;

const COLUMNS: readonly Column<Device>[] = [
  { id: "name", title: t.columns.name, isHeader: true, value: (one) => one.name, cell: (one) => <Link className="device-name" to={`/operations/cameras/${one.name}`}>{one.name}</Link> },
  { id: "location", title: t.columns.location, value: (one) => one.location, cell: (one) => <Place device={one} /> },
  { id: "presence", title: t.columns.presence, value: (one) => one.presence ?? "never", cell: (one) => <PresenceBadge presence={one.presence} /> },
  { id: "seen", title: t.columns.seen, value: (one) => one.seen_at, cell: (one) => (one.seen_at === null ? <Missing reason={t.noHeartbeat} /> : ago(one.seen_at)) },
  { id: "alarms", title: t.columns.alarms, value: (one) => listAlarms(one).join(" "), cell: (one) => <Alarms kinds={listAlarms(one)} /> },
  { id: "video", title: t.columns.video, value: (one) => readHeartbeat(one.heartbeat)?.connection ?? null, cell: (one) => readHeartbeat(one.heartbeat)?.connection ?? <Missing reason={t.noHeartbeat} /> },
  { id: "agent", title: t.columns.agent, value: (one) => readHeartbeat(one.heartbeat)?.agent ?? null, cell: (one) => readHeartbeat(one.heartbeat)?.agent ?? <Missing reason={t.noHeartbeat} /> },
  { id: "config", title: t.columns.config, value: (one) => (one.drifts ? t.drifts : t.asDesired), cell: (one) => (one.drifts ? <Badge tone="warn">{t.drifts}</Badge> : t.asDesired) },
  { id: "certificate", title: t.columns.certificate, value: (one) => one.certificate_ends_at, cell: (one) => (one.certificate_ends_at === null ? <Missing reason={t.noCertificate} /> : dateText(one.certificate_ends_at)) },
];

export function FleetTable({ devices }: { devices: readonly Device[] }) {
  return <Table caption={t.title} columns={COLUMNS} rows={devices} rowKey={(one) => one.name} />;
}

function Place({ device }: { device: Device }) {
  return <>{device.location}{!device.in_sites_file && <> <Badge tone="warn">{t.unlistedShort}</Badge></>}</>;
}

function Alarms({ kinds }: { kinds: readonly string[] }) {
  if (kinds.length === 0) return <span className="quiet">{operations.none}</span>;
  return <span className="row">{kinds.map((kind) => <Badge key={kind} tone="bad">{kind}</Badge>)}</span>;
}

const listAlarms = (device: Device): readonly string[] => readHeartbeat(device.heartbeat)?.alarms ?? [];
