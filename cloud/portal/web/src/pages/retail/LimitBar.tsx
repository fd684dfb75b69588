import { placeOn } from "../finance/IntervalBar";
import type { Axis } from "./experiment-axis";

const WIDTH = 200;
const HEIGHT = 20;

/** A value with its limits, on an axis whose zero is drawn. */
export function LimitBar({ low, value, high, axis, label }: { low: number; value: number; high: number; axis: Axis; label: string }) {
  const x = (one: number) => placeOn(one, axis.from, axis.to, WIDTH);
  return (
    <svg className="retail-plot" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label} preserveAspectRatio="none">
      <line className="zero" x1={x(0)} x2={x(0)} y1={0} y2={HEIGHT} />
      <line className="range" x1={x(low)} x2={x(high)} y1={HEIGHT / 2} y2={HEIGHT / 2} />
      <line className="mark" x1={x(value)} x2={x(value)} y1={3} y2={HEIGHT - 3} />
    </svg>
  );
}
