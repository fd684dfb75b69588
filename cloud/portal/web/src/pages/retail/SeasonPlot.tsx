import { common } from "../../text/en";
import { share } from "../../format/number";
import { product as t } from "../../text/en/retail";
import { linear, marks } from "./plot-scale";
import type { Analysis } from "./Product";

const WIDTH = 640;
const HEIGHT = 220;
const EDGE = { left: 52, right: 8, top: 10, bottom: 28 };

/** Demand by month; a month that was not observed is an outline, never a bar of zero. */
export function SeasonPlot({ months }: { months: Analysis["season"] }) {
  const most = Math.max(1.2, ...months.map((one) => one.index ?? 0));
  const y = linear(0, most, HEIGHT - EDGE.bottom, EDGE.top);
  const step = (WIDTH - EDGE.left - EDGE.right) / 12;
  return (
    <svg className="retail-plot" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={t.season}>
      {marks(0, most, 4).map((one) => <g key={one}><line className={one === 1 ? "zero" : "axis"} x1={EDGE.left} x2={WIDTH - EDGE.right} y1={y.at(one)} y2={y.at(one)} /><text x={EDGE.left - 8} y={y.at(one) + 4} textAnchor="end">{share(one)}</text></g>)}
      {months.map(({ month, index }) => {
        const x = EDGE.left + (month - 1) * step + step * 0.15;
        const top = y.at(index ?? 1);
        return (
          <g key={month}>
            <title>{`${t.months[month - 1]}: ${index === null ? common.notObserved : share(index)}`}</title>
            <rect className={index === null ? "unseen" : "bar"} x={x} y={top} width={step * 0.7} height={HEIGHT - EDGE.bottom - top} rx={2} />
            <text x={x + step * 0.35} y={HEIGHT - 9} textAnchor="middle">{t.months[month - 1]}</text>
          </g>
        );
      })}
    </svg>
  );
}
