import { decimal } from "../../format/number";
import { product as t } from "../../text/en/retail";
import { linear, marks } from "./plot-scale";
import type { Analysis } from "./Product";

const WIDTH = 640;
const LEFT = 92;
const ROW = 22;
const TOP = 8;
const BOTTOM = 28;
const MOST_ROWS = 40;

/** The range of the elasticity of each store with its estimate; stores without one are left out. */
export function ElasticityPlot({ stores }: { stores: Analysis["stores"] }) {
  const rows = stores.flatMap((one) => (one.demand === null ? [] : [{ store: one.store, demand: one.demand }])).toSorted((a, b) => a.demand.elasticity - b.demand.elasticity).slice(0, MOST_ROWS);
  const least = Math.min(-1.2, ...rows.map((row) => row.demand.elasticity_low));
  const most = Math.max(0, ...rows.map((row) => row.demand.elasticity_high));
  const x = linear(least, most, LEFT, WIDTH - 12);
  const height = TOP + rows.length * ROW + BOTTOM;
  return (
    <svg className="retail-plot" viewBox={`0 0 ${WIDTH} ${height}`} role="img" aria-label={t.ranges}>
      {marks(least, most).map((one) => (
        <g key={one}>
          <line className={one === -1 ? "zero" : "axis"} x1={x.at(one)} x2={x.at(one)} y1={TOP} y2={height - BOTTOM} />
          <text x={x.at(one)} y={height - 10} textAnchor="middle">{decimal(one, 1)}</text>
        </g>
      ))}
      {rows.map(({ store, demand }, at) => {
        const y = TOP + at * ROW + ROW / 2;
        const label = t.rangeOf(store, decimal(demand.elasticity, 2), decimal(demand.elasticity_low, 2), decimal(demand.elasticity_high, 2));
        return (
          <g key={store}>
            <title>{label}</title>
            <text x={LEFT - 10} y={y + 4} textAnchor="end">{store.length > 12 ? `${store.slice(0, 11)}…` : store}</text>
            <line className="range" x1={x.at(demand.elasticity_low)} x2={x.at(demand.elasticity_high)} y1={y} y2={y} />
            <circle className="dot" cx={x.at(demand.elasticity)} cy={y} r={5} />
          </g>
        );
      })}
    </svg>
  );
}
