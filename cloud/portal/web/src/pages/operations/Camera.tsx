import { useGet, type Schema } from "../../api/client";
import { Card, DataView, Link, LinkButton, Page } from "../../design";
import { useParam } from "../../routing/address";
import { camera as t } from "../../text/en/operations/fleet";
import { CameraAlarms } from "./camera/CameraAlarms";
import { CameraAlerts } from "./camera/CameraAlerts";
import { CameraConfig } from "./camera/CameraConfig";
import { CameraHealth } from "./camera/CameraHealth";
import { CameraHistory } from "./camera/CameraHistory";
import { CameraPreview } from "./camera/CameraPreview";
import { CameraZones } from "./camera/CameraZones";
import { ObservedTime } from "./camera/ObservedTime";
import { PresenceBadge } from "./shared/PresenceBadge";
import "./operations.css";

const REFRESH_MS = 15_000;

export default function Camera() {
  const id = useParam("id");
  const query = useGet("/api/fleet/devices/{device}", { params: { path: { device: id } } }, { refetchInterval: REFRESH_MS });
  const actions = <LinkButton to={`/operations/config?device=${encodeURIComponent(id)}`}>{t.change}</LinkButton>;
  return (
    <Page title={id} lead={query.data && <Lead device={query.data} />} actions={actions}>
      <DataView query={query}>{(device) => <Content id={id} device={device} />}</DataView>
    </Page>
  );
}

function Lead({ device }: { device: Schema<"ConfiguredDevice"> }) {
  return <><PresenceBadge presence={device.presence} /> {t.lead(device.location)}</>;
}

/** `id` is the camera of the address. */
function Content({ id, device }: { id: string; device: Schema<"ConfiguredDevice"> }) {
  return (
    <>
      <div className="columns">
        <Card title={t.health}><CameraHealth device={device} /></Card>
        <Card title={t.alerts} actions={<Link to={`/operations/alerts?device=${encodeURIComponent(id)}`}>{t.allAlerts}</Link>}><CameraAlerts device={id} /></Card>
      </div>
      <Card title={t.observed}><ObservedTime device={id} location={device.location} /></Card>
      <Card title={t.config}><CameraConfig config={device.config} /></Card>
      <div className="columns">
        <Card title={t.zones}><CameraZones config={device.config} /></Card>
        <Card title={t.picture}><CameraPreview device={id} /></Card>
      </div>
      <Card title={t.alarms}><CameraAlarms device={id} /></Card>
      <Card title={t.history}><CameraHistory device={id} /></Card>
    </>
  );
}
