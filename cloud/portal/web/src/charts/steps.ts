// The bars of a waterfall: a start, what each step adds or takes away, and the end.

export interface WaterfallStep {
  id: string;
  label: string;
  /** Such as `× 1.40`; absent for the first and the last bar. */
  change?: string;
  /** The value after this step. */
  value: number;
  valueText: string;
  reason?: string;
}

export interface WaterfallBar extends WaterfallStep {
  kind: "total" | "up" | "down" | "same";
  /** Position and length as shares of the scale, 0 to 1. */
  from: number;
  length: number;
}

/** The first and the last step are whole bars, the others span from the value before them to their own. */
export function layOutBars(steps: readonly WaterfallStep[]): readonly WaterfallBar[] {
  const most = Math.max(...steps.map((one) => one.value), Number.MIN_VALUE);
  return steps.map((step, at) => {
    const before = at === 0 || at === steps.length - 1 ? 0 : (steps[at - 1]?.value ?? 0);
    const isTotal = before === 0;
    const difference = step.value - before;
    const kind = isTotal ? "total" : difference > 0 ? "up" : difference < 0 ? "down" : "same";
    return { ...step, kind, from: Math.min(before, step.value) / most, length: Math.abs(difference) / most };
  });
}
