import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { compact } from "../format/number";
import { clockText } from "../format/time";
import { useColours, type ColourName } from "./colours";
import { Legend } from "./Legend";
import "./series.css";

export interface LiveSeriesLine {
  label: string;
  /** A value for each instant; null where nothing was observed: the chart has a gap there. */
  values: readonly (number | null)[];
  colour: ColourName;
  kind: "bars" | "line";
}

export interface LiveSeriesProps {
  /** What the chart shows, in a sentence with its figures: its text alternative. */
  summary: string;
  /** Start of each window, seconds since 1970. */
  instants: readonly number[];
  series: readonly LiveSeriesLine[];
  unit: string;
  zone?: string;
  height?: number;
}

const FONT = "12px system-ui, sans-serif";

/** Values over time that change while they are watched. */
export function LiveSeries({ summary, instants, series, unit, zone, height = 200 }: LiveSeriesProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const colours = useColours(["quiet", "line", ...series.map((one) => one.colour)]);
  const shape = JSON.stringify([series.map(({ label, colour, kind }) => [label, colour, kind]), colours, zone, height]);
  const data = [instants, ...series.map((one) => one.values)] as uPlot.AlignedData;
  useEffect(() => {
    if (box.current === null) return undefined;
    const element = box.current;
    const drawn = new uPlot(describePlot(series, colours, zone, element.clientWidth, height), data, element);
    plot.current = drawn;
    const observer = new ResizeObserver(() => drawn.setSize({ width: Math.max(200, element.clientWidth), height }));
    observer.observe(element);
    return () => { observer.disconnect(); drawn.destroy(); plot.current = undefined; };
  }, [shape]);
  const drawnData = JSON.stringify(data);
  useEffect(() => plot.current?.setData(data), [drawnData]);
  return (
    <figure className="chart-box live-series">
      <Legend entries={series} unit={unit} />
      <div ref={box} role="img" aria-label={summary} />
    </figure>
  );
}

function describePlot(
  series: readonly LiveSeriesLine[],
  colours: Readonly<Record<string, string>>,
  zone: string | undefined,
  width: number,
  height: number,
): uPlot.Options {
  const axis = { stroke: colours.quiet, font: FONT, grid: { stroke: colours.line, width: 1 }, ticks: { show: false } };
  return {
    width: Math.max(200, width),
    height,
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: (_, __, most) => [0, Math.max(1, most * 1.1)] } },
    axes: [
      { ...axis, grid: { show: false }, values: (_, ticks) => ticks.map((at) => clockText(at * 1000, zone)) },
      { ...axis, size: 44, values: (_, ticks) => ticks.map((value) => compact(value)) },
    ],
    series: [{}, ...series.map((one) => describeSeries(one, colours[one.colour]))],
  };
}

function describeSeries(one: LiveSeriesLine, colour: string | undefined): uPlot.Series {
  if (one.kind === "line") return { label: one.label, stroke: colour, width: 2, points: { show: false } };
  return { label: one.label, fill: colour, width: 0, paths: uPlot.paths.bars?.({ size: [0.74, 80], align: 1, radius: 0.1 }), points: { show: false } };
}
