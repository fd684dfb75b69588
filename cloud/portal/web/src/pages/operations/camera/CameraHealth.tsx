import type { ReactNode } from "react";
import type { Schema } from "../../../api/client";
import { Facts } from "../../../design";
import { Missing } from "../../../format/Missing";
import { count, decimal } from "../../../format/number";
import { bytes } from "../shared/bytes";
import { ago, duration, instantWithZone } from "../../../format/time";
import { operations } from "../../../text/en/operations";
import { camera as t, fleet } from "../../../text/en/operations/fleet";
import { readHeartbeat, type Heartbeat } from "../shared/heartbeat";
import { PresenceBadge } from "../shared/PresenceBadge";

type Device = Schema<"ConfiguredDevice">;
type Row = readonly [string, ReactNode];

export function CameraHealth({ device }: { device: Device }) {
  return <div className="named-facts"><Facts rows={[...listRegistry(device), ...listHeartbeat(readHeartbeat(device.heartbeat))]} /></div>;
}

function listRegistry(device: Device): readonly Row[] {
  const attributes = Object.entries(device.attributes).map(([name, value]) => `${name}=${value}`).join(", ");
  return [
    [t.facts.presence, <PresenceBadge presence={device.presence} />],
    [t.facts.seen, device.seen_at === null ? <Missing reason={fleet.noHeartbeat} /> : `${ago(device.seen_at)} (${instantWithZone(device.seen_at)})`],
    [t.facts.certificate, device.certificate_ends_at === null ? <Missing reason={fleet.noCertificate} /> : instantWithZone(device.certificate_ends_at)],
    [t.facts.groups, device.groups.join(", ") || operations.none],
    ...(attributes ? [[t.facts.attributes, attributes] as const] : []),
    ...(device.serial === null ? [] : [[t.facts.serial, <span className="mono">{device.serial}</span>] as const]),
    ...(device.in_sites_file ? [] : [[fleet.columns.location, fleet.unlisted] as const]),
  ];
}

function listHeartbeat(beat: Heartbeat | null): readonly Row[] {
  if (beat === null) return [[t.facts.video, <Missing reason={fleet.noHeartbeat} />]];
  const given = <Value,>(value: Value | null, write: (value: Value) => ReactNode): ReactNode => (value === null ? <Missing reason={t.oldAgent} /> : write(value));
  return [
    [t.facts.video, given(beat.capture, (one) => one)],
    [t.facts.connection, given(beat.connection, (one) => one)],
    [t.facts.frames, given(beat.framesMilliHz, (one) => t.perSecond(decimal(one / 1000)))],
    [t.facts.uptime, given(beat.uptimeMs, (one) => duration(one / 1000))],
    [t.facts.outbox, given(beat.outboxReports, count)],
    [t.facts.disk, given(beat.diskFreeBytes, bytes)],
    [t.facts.memory, given(beat.memoryBytes, bytes)],
    [t.facts.temperature, given(beat.temperatureMilliC, (one) => t.celsius(decimal(one / 1000)))],
    [t.facts.clock, given(beat.clockAheadMs, (one) => t.milliseconds(count(one)))],
    [t.facts.agent, given(beat.agent, (one) => <span className="mono">{one}</span>)],
    [t.facts.detector, given(beat.detector, (one) => <span className="mono">{one}</span>)],
    [t.facts.attention, given(beat.attention, (one) => <span className="mono">{one}</span>)],
  ];
}
