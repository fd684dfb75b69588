import type { ReactNode } from "react";
import "./analytics.css";

export interface IntervalBarProps {
  /** Null: there is no value, and the bar is hatched. */
  value: number | null;
  low?: number | null;
  high?: number | null;
  max: number;
  /** The value in words. */
  label: string;
  children?: ReactNode;
}

/** A value as a bar from zero with its interval as a line, on a scale that the bars of a table share. */
export function IntervalBar({ value, low, high, max, label, children }: IntervalBarProps) {
  const at = (one: number) => `${Math.max(0, Math.min(100, (100 * one) / max))}%`;
  const hasInterval = low !== null && low !== undefined && high !== null && high !== undefined;
  return (
    <span className="interval-cell">
      <span className={value === null ? "interval-bar hatched" : "interval-bar"} role="img" aria-label={label}>
        {value !== null && <span className="interval-value" style={{ width: at(value) }} />}
        {value !== null && hasInterval && <span className="interval-line" style={{ insetInlineStart: at(low), width: at(high - low) }} />}
      </span>
      {children !== undefined && <span className="interval-text">{children}</span>}
    </span>
  );
}
