// The fills of observed time and of the causes: colours in a fixed order; missing time is hollow.

import { MISSING, OBSERVED } from "./observed";

const FILLS: Record<string, string> = {
  [OBSERVED]: "var(--series-1)", [MISSING]: "transparent", paused: "var(--entries)", offline: "var(--series-4)", dark: "var(--series-6)",
  overexposed: "var(--series-2)", blurred: "var(--series-5)", flat: "var(--series-5)", frozen: "var(--series-4)", obstructed: "var(--series-3)", moved: "var(--series-3)",
};

export const causeFill = (cause: string): string => FILLS[cause] ?? "var(--series-5)";

export function CauseSwatch({ cause }: { cause: string }) {
  return (
    <span className="swatch" aria-hidden="true">
      <svg viewBox="0 0 16 12"><rect x="1" y="1" width="14" height="10" rx="2" fill={causeFill(cause)} stroke="var(--edge)" strokeDasharray={cause === MISSING ? "2 2" : undefined} /></svg>
    </span>
  );
}
