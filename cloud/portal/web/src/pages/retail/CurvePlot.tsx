import { Legend } from "../../charts/Legend";
import type { Schema } from "../../api/client";
import { share } from "../../format/number";
import { product as t, scenario } from "../../text/en/retail";
import "../../charts/series.css";
import { linear, linePath, marks } from "./plot-scale";

type Point = Schema<"RetailCurvePoint">;
type Week = NonNullable<Point["expected"]>;
type Range = { value: number; low: number; high: number };

export interface CurveLine {
  label: string;
  read: (week: Week) => Range | null;
}

const WIDTH = 640;
const HEIGHT = 260;
const EDGE = { left: 52, right: 12, top: 10, bottom: 34 };
const CLASSES = ["one", "two"] as const;
const COLOURS = ["series-1", "series-2"] as const;

const readUnits = (week: Week): Range => week.units;
const readMargin = (week: Week): Range | null => week.margin && { value: Number(week.margin.value), low: Number(week.margin.low), high: Number(week.margin.high) };
export const DEMAND_LINES: readonly CurveLine[] = [{ label: t.units, read: readUnits }];
export const TRADE_OFF_LINES: readonly CurveLine[] = [{ label: scenario.volume, read: readUnits }, { label: scenario.margin, read: readMargin }];

/** Lines over shares of the present price, each as a share of its value there; the first with its band. */
export function CurvePlot({ label, points, lines, mark }: { label: string; points: readonly Point[]; lines: readonly CurveLine[]; mark?: number | undefined }) {
  const found = lines.map((line) => toShares(points, line.read));
  const ends = found.flatMap((line) => line.flatMap((one) => (one === null ? [] : [one.low, one.high])));
  const shares = points.map((one) => one.share);
  const x = linear(Math.min(...shares), Math.max(...shares), EDGE.left, WIDTH - EDGE.right);
  const y = linear(Math.min(0, ...ends), Math.max(1, ...ends), HEIGHT - EDGE.bottom, EDGE.top);
  const band = (found[0] ?? []).flatMap((one, at) => (one === null ? [] : [[x.at(shares[at] ?? 1), one] as const]));
  return (
    <div className="stack">
      <svg className="retail-plot" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
        {marks(y.from, y.to, 5).map((one) => <g key={one}><line className="axis" x1={EDGE.left} x2={WIDTH - EDGE.right} y1={y.at(one)} y2={y.at(one)} /><text x={EDGE.left - 8} y={y.at(one) + 4} textAnchor="end">{share(one)}</text></g>)}
        {marks(x.from, x.to).map((one) => <text key={one} x={x.at(one)} y={HEIGHT - 12} textAnchor="middle">{share(one)}</text>)}
        <line className="zero" x1={x.at(1)} x2={x.at(1)} y1={EDGE.top} y2={HEIGHT - EDGE.bottom} />
        {band.length > 1 && <path className="band" d={`${linePath(band.map(([at, one]) => [at, y.at(one.high)]))}L${linePath(band.toReversed().map(([at, one]) => [at, y.at(one.low)])).slice(1)}Z`} />}
        {found.map((line, number) => <path key={lines[number]?.label} className={`line ${CLASSES[number] ?? "one"}`} d={linePath(line.map((one, at) => (one === null ? null : [x.at(shares[at] ?? 1), y.at(one.value)])))} />)}
        {mark !== undefined && <line className="mark" x1={x.at(mark)} x2={x.at(mark)} y1={EDGE.top} y2={HEIGHT - EDGE.bottom} />}
      </svg>
      <Legend entries={lines.map((line, number) => ({ label: line.label, colour: COLOURS[number] ?? "series-1" }))} unit={t.share} />
    </div>
  );
}

/** Values as shares of the one at the present price; null where there is no estimate. */
function toShares(points: readonly Point[], read: CurveLine["read"]): readonly (Range | null)[] {
  const nearest = points.toSorted((a, b) => Math.abs(a.share - 1) - Math.abs(b.share - 1))[0];
  const base = nearest?.expected ? read(nearest.expected)?.value : undefined;
  return points.map((one) => {
    const found = one.expected && base ? read(one.expected) : null;
    return found && base ? { value: found.value / base, low: found.low / base, high: found.high / base } : null;
  });
}
