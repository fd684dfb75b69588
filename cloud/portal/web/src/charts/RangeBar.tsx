import { chart as t } from "../text/en/charts";
import "./charts.css";

export interface RangeBarProps {
  p10: number;
  p50: number;
  p90: number;
  /** The end of the scale; default: a tenth beyond P90. Give the same to bars that are compared. */
  max?: number;
  format: (value: number) => string;
  /** Only the expected value beside the bar, for tables. */
  isBare?: boolean;
}

/** P10, P50 and P90 as a bar from zero on, with the three values in words. */
export function RangeBar({ p10, p50, p90, max = p90 * 1.1, format, isBare = false }: RangeBarProps) {
  const at = (value: number) => `${max > 0 ? Math.min(100, (100 * value) / max) : 0}%`;
  return (
    <div className={isBare ? "range-bar bare" : "range-bar"}>
      <div className="range-track" role="img" aria-label={t.intervalText(format(p10), format(p50), format(p90))}>
        <span className="range-band" style={{ insetInlineStart: at(p10), width: at(p90 - p10) }} />
        <span className="range-middle" style={{ insetInlineStart: at(p50) }} />
      </div>
      <div className="range-ends number" aria-hidden="true">{!isBare && <span>{format(p10)}</span>}<strong>{format(p50)}</strong>{!isBare && <span>{format(p90)}</span>}</div>
    </div>
  );
}
