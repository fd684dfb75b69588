import type { ColourName } from "./colours";

export interface LegendEntry {
  label: string;
  colour: ColourName;
}

/** The meaning of the colours; `unit` says what is counted. */
export function Legend({ entries, unit }: { entries: readonly LegendEntry[]; unit?: string }) {
  return (
    <ul className="legend">
      {entries.map((entry) => <li key={entry.label}><span className={`key back-${entry.colour}`} aria-hidden="true" />{entry.label}</li>)}
      {unit !== undefined && <li className="unit">{unit}</li>}
    </ul>
  );
}
