// A map of screens on outlines of the sample city: an SVG drawing, so that it needs neither WebGL nor tiles.
//
// A place without a value is hollow with a stroke through it, never the colour of a low value.

import { useMemo, useState, type KeyboardEvent, type ReactNode } from "react";
import { chart as t } from "../text/en/charts";
import { Basemap } from "./Basemap";
import { fitView, project, zoomView, type MapSize, type MapView } from "./projection";
import { useMapDrag, useWidth } from "./use-map";
import "./charts.css";

export interface MapPoint {
  id: string;
  name: string;
  latitude: number;
  longitude: number;
  /** A colour such as `var(--heat-3)`, see `heatColour`; null: no value. */
  colour: string | null;
  /** The value in words, shown on hover and focus. */
  detail: string;
}

export interface NetworkMapProps {
  /** What the map shows, for screen readers. */
  label: string;
  points: readonly MapPoint[];
  selected?: readonly string[];
  /** Called for a click, Enter or Space on a place. */
  onPress?: (id: string) => void;
  /** Under the map. */
  legend?: ReactNode;
}

const RATIO = 0.72;
const NAMED_UP_TO = 40;
const NAME_WIDTH = 58;
const NAME_HEIGHT = 16;

export function NetworkMap({ label, points, selected = [], onPress, legend }: NetworkMapProps) {
  const [frame, width] = useWidth(640);
  const size: MapSize = useMemo(() => ({ width, height: Math.round(width * RATIO) }), [width]);
  const whole = useMemo(() => fitView(points, size), [points, size]);
  const [moved, setMoved] = useState<MapView>();
  const [shown, setShown] = useState<string>();
  const view = moved ?? whole;
  const spots = useMemo(() => points.map((one) => project(one, view, size)), [points, view, size]);
  const drag = useMapDrag(view, size, setMoved);
  const chosen = points.find((one) => one.id === shown);
  return (
    <div className="network-map" ref={frame}>
      <svg className={drag.isMoving ? "map-drawing moving" : "map-drawing"} viewBox={`0 0 ${size.width} ${size.height}`} role="group" aria-label={label} {...drag.handlers}>
        <Basemap view={view} size={size} />
        {points.map((one, at) => (
          <Point key={one.id} point={one} at={spots[at] ?? [0, 0]} isSelected={selected.includes(one.id)} isNamed={points.length <= NAMED_UP_TO || one.id === shown} isLeft={isCrowded(spots, at)} onShow={setShown} onPress={onPress} />
        ))}
      </svg>
      <div className="map-tools">
        <button type="button" aria-label={t.zoomIn} onClick={() => setMoved(zoomView(view, 1.6))}>+</button>
        <button type="button" aria-label={t.zoomOut} onClick={() => setMoved(zoomView(view, 1 / 1.6))}>−</button>
        <button type="button" aria-label={t.wholeMap} onClick={() => setMoved(undefined)}>⤢</button>
      </div>
      <div className="map-foot">
        <span>{chosen === undefined ? (points.length === 0 ? t.noPlaces : t.mapHelp) : <><strong>{chosen.name}</strong> {chosen.detail}</>}</span>
        {legend ?? <span>{t.basemap}</span>}
      </div>
    </div>
  );
}

/** Whether another place lies where the name of this one would be. */
function isCrowded(spots: readonly (readonly [number, number])[], at: number): boolean {
  if (spots.length > NAMED_UP_TO) return false;
  const [x, y] = spots[at] ?? [0, 0];
  return spots.some(([otherX, otherY]) => otherX > x + 6 && otherX < x + NAME_WIDTH && Math.abs(otherY - y) < NAME_HEIGHT);
}

interface PointProps {
  point: MapPoint;
  at: readonly [number, number];
  isSelected: boolean;
  isNamed: boolean;
  /** The name is at the left, because another place is at the right. */
  isLeft: boolean;
  onShow: (id: string) => void;
  onPress: ((id: string) => void) | undefined;
}

function Point({ point, at: [x, y], isSelected, isNamed, isLeft, onShow, onPress }: PointProps) {
  const show = () => onShow(point.id);
  const press = (event: KeyboardEvent) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    onPress?.(point.id);
  };
  return (
    <g className="map-point" transform={`translate(${x.toFixed(1)} ${y.toFixed(1)})`} role="button" tabIndex={0} aria-pressed={isSelected} aria-label={`${point.id} ${point.name}: ${point.detail}`} onClick={() => onPress?.(point.id)} onKeyDown={press} onFocus={show} onMouseEnter={show}>
      <circle className="ring" r={13} />
      <circle className="dot" r={8} style={{ fill: point.colour ?? "transparent" }} />
      {point.colour === null && <path className="unseen" d="M-5 5 5-5" />}
      {isNamed && <text x={isLeft ? -12 : 12} y={4} textAnchor={isLeft ? "end" : "start"} aria-hidden="true">{point.id}</text>}
    </g>
  );
}
