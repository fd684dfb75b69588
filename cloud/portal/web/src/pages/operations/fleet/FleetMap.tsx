import { useNavigate } from "@tanstack/react-router";
import { NetworkMap, type MapPoint } from "../../../charts/NetworkMap";
import { useGet, type Schema } from "../../../api/client";
import { DataView } from "../../../design";
import { fleet as t } from "../../../text/en/operations/fleet";
import { FleetLocations } from "./FleetLocations";

type Counts = Schema<"LocationCounts">;
type Place = Schema<"LocationResponse">;

/** Locations on the map, coloured by the share of cameras that are online; the same as a table below. */
export function FleetMap({ locations }: { locations: readonly Counts[] }) {
  const places = useGet("/api/locations");
  const navigate = useNavigate();
  const open = (location: string) => void navigate({ to: "/operations/fleet", search: { location } as never });
  return (
    <div className="stack">
      <DataView query={places}>{(data) => <NetworkMap label={t.mapTitle} points={toPoints(locations, data.locations)} onPress={open} legend={<Legend />} />}</DataView>
      <FleetLocations locations={locations} />
    </div>
  );
}

function Legend() {
  return (
    <span className="row">
      {t.mapLegend.map(([state, words]) => <span key={state} className="legend-item"><span className={`legend-dot ${state}`} aria-hidden="true" />{words}</span>)}
    </span>
  );
}

/** A location without cameras in the fleet has no colour: nothing is known of it. */
export function toPoints(locations: readonly Counts[], places: readonly Place[]): readonly MapPoint[] {
  const counts = new Map(locations.map((one) => [one.location, one]));
  return places.map((place) => {
    const found = counts.get(place.id);
    const online = found?.presence["online"] ?? 0;
    return {
      id: place.id,
      name: place.name,
      latitude: place.latitude_deg,
      longitude: place.longitude_deg,
      colour: found === undefined ? null : colourOf(online, found.devices),
      detail: found === undefined ? t.noCameras : t.mapPoint(online, found.devices),
    };
  });
}

function colourOf(online: number, devices: number): string {
  if (online === devices) return "var(--series-1)";
  return online === 0 ? "var(--bad)" : "var(--series-2)";
}
