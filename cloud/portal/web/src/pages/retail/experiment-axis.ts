// Differences as shares of the control, on an axis that the measures of an experiment share.

interface Measured {
  control: number;
  change: number | null;
  low: number | null;
  high: number | null;
}

export interface Axis {
  from: number;
  to: number;
}

const LEAST = 0.05;

export function shareOfControl(value: number | null, { control }: { control: number }): number | null {
  return value === null || control <= 0 ? null : value / control;
}

/** An axis with zero in its middle that holds every limit. */
export function findAxis(measures: readonly Measured[]): Axis {
  const ends = measures.flatMap((one) => [one.change, shareOfControl(one.low, one), shareOfControl(one.high, one)]);
  const most = Math.max(LEAST, ...ends.flatMap((one) => (one === null ? [] : [Math.abs(one)])));
  return { from: -most * 1.1, to: most * 1.1 };
}
