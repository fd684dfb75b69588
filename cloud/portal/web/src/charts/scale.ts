// Classes of a heat map: at most six, each with about as many values, at rounded limits.

export const HEAT_CLASSES = 6;

/** Upper limits of all classes but the last, ascending. Fewer where values repeat; none without values. */
export function findBreaks(values: readonly number[], classes = HEAT_CLASSES): readonly number[] {
  const sorted = values.toSorted((a, b) => a - b);
  const found: number[] = [];
  for (let one = 1; one < classes; one += 1) {
    const at = Math.floor((one * sorted.length) / classes);
    const limit = sorted[at];
    const highest = found.at(-1) ?? sorted[0];
    if (limit !== undefined && highest !== undefined && limit > highest) found.push(limit);
  }
  return roundBreaks(found);
}

/** Limits with as few digits as keep them apart, so that the legend can be read. */
function roundBreaks(limits: readonly number[]): readonly number[] {
  for (let digits = 1; digits < 6; digits += 1) {
    const rounded = limits.map((one) => Number(one.toPrecision(digits)));
    if (new Set(rounded).size === limits.length && isNear(limits, rounded)) return rounded;
  }
  return limits;
}

function isNear(limits: readonly number[], rounded: readonly number[]): boolean {
  return limits.every((one, at) => Math.abs((rounded[at] ?? 0) - one) <= Math.abs(one) * 0.05);
}

/** The class of a value: 0 is the lowest; null stays null. */
export function heatOf(value: number | null, breaks: readonly number[]): number | null {
  if (value === null) return null;
  return breaks.filter((limit) => value >= limit).length;
}

/** The colour variable of a class: fewer classes are spread over the whole scale. */
export function heatColour(heat: number, breaks: readonly number[]): string {
  const step = breaks.length === 0 ? 2 : Math.round((heat * (HEAT_CLASSES - 1)) / breaks.length);
  return `var(--heat-${step})`;
}
