// Outlines of London: an own drawing of low accuracy (CC0). Elsewhere the map has no outlines.

import { memo } from "react";
import london from "./basemap/london.json";
import { project, type MapSize, type MapView } from "./projection";

interface Shape {
  kind: string;
  name: string;
  path: readonly (readonly [number, number])[];
}

interface Feature {
  properties: { kind: string; name: string };
  geometry: { type: string; coordinates: unknown };
}

const SHAPES: readonly Shape[] = (london.features as readonly Feature[]).map(readShape);
const RIVER_DEGREES = 0.0022;
const NAMES_BELOW_DEGREES = 0.45;

function readShape({ properties, geometry }: Feature): Shape {
  const { coordinates } = geometry;
  const path = geometry.type === "Polygon" ? (coordinates as number[][][])[0] : geometry.type === "Point" ? [coordinates] : coordinates;
  return { ...properties, path: path as Shape["path"] };
}

export const Basemap = memo(function Basemap({ view, size }: { view: MapView; size: MapSize }) {
  const at = ([longitude, latitude]: readonly [number, number]) => project({ latitude, longitude }, view, size);
  const draw = (path: Shape["path"]) => `M${path.map((one) => at(one).map((value) => value.toFixed(1)).join(" ")).join("L")}`;
  const riverWidth = Math.max(2, (RIVER_DEGREES * size.height) / view.height);
  return (
    <g aria-hidden="true">
      {SHAPES.map(({ kind, name, path }) => {
        if (kind === "place") return view.height < NAMES_BELOW_DEGREES ? <PlaceName key={name} name={name} at={at(path[0] ?? [0, 0])} /> : null;
        return <path key={name} className={`map-${kind}`} d={kind === "river" ? draw(path) : `${draw(path)}Z`} strokeWidth={kind === "river" ? riverWidth : 1} />;
      })}
    </g>
  );
});

function PlaceName({ name, at: [x, y] }: { name: string; at: readonly [number, number] }) {
  return <text className="map-place" x={x.toFixed(1)} y={y.toFixed(1)}>{name}</text>;
}
