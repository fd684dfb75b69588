import { chart as t } from "../text/en/charts";
import { heatColour } from "./scale";
import "./charts.css";

export interface HeatLegendProps {
  /** What a cell stands for, with its unit, such as `Price of one position for one hour, GBP`. */
  title: string;
  breaks: readonly number[];
  format: (value: number) => string;
  /** The states that occur beside values. */
  marks?: readonly ("estimated" | "past" | "sold_out" | "closed" | "no-value")[];
}

/** The classes of a heat map in words, and what its patterns mean. */
export function HeatLegend({ title, breaks, format, marks = [] }: HeatLegendProps) {
  return (
    <div className="heat-legend">
      <span className="heat-title">{title}</span>
      <ul>
        {[...breaks.keys(), breaks.length].map((heat) => (
          <li key={heat}><span className="heat-key" style={{ backgroundColor: heatColour(heat, breaks) }} aria-hidden="true" />{describeClass(heat, breaks, format)}</li>
        ))}
        {marks.map((mark) => <li key={mark}><span className={`heat-key hour-cell ${mark}`} aria-hidden="true" />{t.marks[mark]}</li>)}
      </ul>
    </div>
  );
}

function describeClass(heat: number, breaks: readonly number[], format: (value: number) => string): string {
  const [from, until] = [breaks[heat - 1], breaks[heat]];
  if (from === undefined) return until === undefined ? t.oneClass : t.below(format(until));
  return until === undefined ? t.from(format(from)) : t.range(format(from), format(until));
}
