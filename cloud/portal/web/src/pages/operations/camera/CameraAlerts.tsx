import { useGet } from "../../../api/client";
import { Badge, DataView } from "../../../design";
import { ago } from "../../../format/time";
import { alerts } from "../../../text/en/operations/alerts";
import { camera as t } from "../../../text/en/operations/fleet";
import { nameKind, SEVERITY_TONES } from "../alerts/alert-words";

/** The alerts of a camera that are open now. */
export function CameraAlerts({ device }: { device: string }) {
  const query = useGet("/api/alerts", { params: { query: { device: [device], state: "open" } } });
  return (
    <DataView query={query} isEmpty={(data) => data.alerts.length === 0} empty={<p className="quiet">{t.noAlerts}</p>}>
      {(data) => (
        <ul className="plain-list">
          {data.alerts.map((one) => (
            <li key={one.id}>
              <span className="row"><Badge tone={SEVERITY_TONES[one.severity]}>{alerts.severities[one.severity]}</Badge><strong>{nameKind(one.kind)}</strong><span className="quiet">{alerts.raisedAgo(ago(one.raised_at))}</span></span>
              <p>{one.message}</p>
            </li>
          ))}
        </ul>
      )}
    </DataView>
  );
}
