// Colours of the style sheet as values, for charts on a canvas; they change with the theme.

import { useEffect, useState } from "react";
import { onThemeChange } from "../shell/theme";

export type ColourName =
  | "ink" | "quiet" | "line" | "card" | "entries" | "onlookers" | "up" | "down" | "total"
  | "series-1" | "series-2" | "series-3" | "series-4" | "series-5" | "series-6"
  | "heat-0" | "heat-1" | "heat-2" | "heat-3" | "heat-4" | "heat-5";

/** The steps of the sequential scale, low to high. */
export const HEAT: readonly ColourName[] = ["heat-0", "heat-1", "heat-2", "heat-3", "heat-4", "heat-5"];
/** The order in which categories take their colours. */
export const SERIES: readonly ColourName[] = ["series-1", "series-2", "series-3", "series-4", "series-5", "series-6"];

/** A colour as the browser computes it: `light-dark()` is only resolved where it is used. */
export function readColour(name: ColourName): string {
  const probe = document.createElement("span");
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const computed = getComputedStyle(probe).color;
  probe.remove();
  return computed;
}

/** Read again when the theme changes. */
export function useColours<Name extends ColourName>(names: readonly Name[]): Readonly<Record<Name, string>> {
  const joined = names.join(" ");
  const [colours, setColours] = useState(() => readAll(joined));
  useEffect(() => {
    const read = () => setColours(readAll(joined));
    read();
    return onThemeChange(read);
  }, [joined]);
  return colours as Readonly<Record<Name, string>>;
}

function readAll(joined: string): Record<string, string> {
  return Object.fromEntries(joined.split(" ").map((name) => [name, readColour(name as ColourName)]));
}
