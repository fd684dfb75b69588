import "../sales/sales.css";

export interface IntervalBarProps {
  low: number;
  value: number;
  high: number;
  /** A value to compare with, such as what was booked. */
  mark: number;
  /** The ends of the axis: the same for all bars of a table. */
  from: number;
  to: number;
  /** Says in words what the bar shows. */
  label: string;
}

const WIDTH = 200;
const HEIGHT = 24;

/** An interval with its best estimate, and a mark to compare with. */
export function IntervalBar({ low, value, high, mark, from, to, label }: IntervalBarProps) {
  const x = (one: number) => placeOn(one, from, to, WIDTH);
  const width = Math.max(2, x(high) - x(low));
  return (
    <svg className="interval" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label} preserveAspectRatio="none">
      <title>{label}</title>
      <line className="track" x1="0" x2={WIDTH} y1={HEIGHT / 2} y2={HEIGHT / 2} />
      <rect className="range" x={Math.min(x(low), WIDTH - width)} y="7" width={width} height="10" rx="2" />
      <line className="point" x1={x(value)} x2={x(value)} y1="3" y2={HEIGHT - 3} />
      <line className="mark" x1={x(mark)} x2={x(mark)} y1="1" y2={HEIGHT - 1} />
    </svg>
  );
}

/** A value on an axis of that width, kept within it. */
export function placeOn(value: number, from: number, to: number, width: number): number {
  if (to <= from) return width / 2;
  return Math.min(width, Math.max(0, ((value - from) / (to - from)) * width));
}

/** What the parts of the bars mean. */
export function IntervalKey({ range, point, mark }: { range: string; point: string; mark: string }) {
  return (
    <p className="interval-key">
      <span><svg viewBox="0 0 20 12" aria-hidden="true" className="interval"><rect className="range" x="1" y="3" width="18" height="6" /></svg>{range}</span>
      <span><svg viewBox="0 0 20 12" aria-hidden="true" className="interval"><line className="point" x1="10" x2="10" y1="1" y2="11" /></svg>{point}</span>
      <span><svg viewBox="0 0 20 12" aria-hidden="true" className="interval"><line className="mark" x1="10" x2="10" y1="0" y2="12" /></svg>{mark}</span>
    </p>
  );
}
