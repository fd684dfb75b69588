import { camera as t } from "../../../text/en/operations/fleet";
import { objectOf } from "../shared/heartbeat";

type Corner = readonly [number, number];
interface Zone { name: string; corners: readonly Corner[] }

/** The zones and masks of the reported configuration, as shapes; there is no picture behind them. */
export function CameraZones({ config }: { config: Readonly<Record<string, unknown>> }) {
  const reported = objectOf(config["reported"]);
  const zones = readZones(reported["zones"]);
  const masks = readMasks(reported["masks"]);
  if (zones.length + masks.length === 0) return <p className="quiet">{t.noZones}</p>;
  return (
    <div className="stack">
      <p className="quiet">{t.zonesLead}</p>
      <svg className="zones" viewBox="0 0 160 90" aria-hidden="true">
        {zones.map((one) => <polygon key={one.name} className="zone" points={drawCorners(one.corners)} />)}
        {masks.map((one) => <polygon key={one.name} className="mask" points={drawCorners(one.corners)} />)}
      </svg>
      <ul className="zone-list">{[...zones, ...masks].map((one) => <li key={one.name}>{t.zoneList(one.name, one.corners.length)}</li>)}</ul>
    </div>
  );
}

export function readZones(given: unknown): readonly Zone[] {
  if (!Array.isArray(given)) return [];
  return given.map(objectOf).map((one) => ({ name: String(one["name"] ?? ""), corners: readCorners(one["polygon"]) })).filter((one) => one.corners.length > 2);
}

export function readMasks(given: unknown): readonly Zone[] {
  if (!Array.isArray(given)) return [];
  return given.map((one, at) => ({ name: t.mask(at + 1), corners: readCorners(one) })).filter((one) => one.corners.length > 2);
}

function readCorners(given: unknown): readonly Corner[] {
  if (!Array.isArray(given)) return [];
  return given.filter((one): one is Corner => Array.isArray(one) && one.length === 2 && one.every((part) => typeof part === "number"));
}

const drawCorners = (corners: readonly Corner[]): string => corners.map(([x, y]) => `${x * 160},${y * 90}`).join(" ");
