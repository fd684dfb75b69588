// Scales of the small plots of retail prices.

export interface PlotScale {
  from: number;
  to: number;
  at: (value: number) => number;
}

/** A linear scale from values to pixels. */
export function linear(from: number, to: number, start: number, end: number): PlotScale {
  const span = to - from || 1;
  return { from, to, at: (value) => start + ((value - from) / span) * (end - start) };
}

/** What the binary form of decimals may be off by. */
const ROUNDING = 1e-9;
const STEPS = [1, 2, 2.5, 5, 10];

/** Round marks between two values, at most about `most` of them. */
export function marks(from: number, to: number, most = 6): readonly number[] {
  if (!(to > from)) return [from];
  const rough = ((to - from) / most) * (1 - ROUNDING);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = (STEPS.find((one) => one * power >= rough) ?? 10) * power;
  const first = Math.ceil(from / step - ROUNDING);
  const count = Math.floor(to / step + ROUNDING) - first + 1;
  return Array.from({ length: Math.max(0, count) }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}

/** A path through points; a missing point interrupts it. */
export function linePath(points: readonly (readonly [number, number] | null)[]): string {
  let isBegun = false;
  return points.map((point) => {
    if (point === null) { isBegun = false; return ""; }
    const verb = isBegun ? "L" : "M";
    isBegun = true;
    return `${verb}${point[0].toFixed(1)} ${point[1].toFixed(1)}`;
  }).join("");
}
