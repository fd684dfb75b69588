import { analytics as t } from "../../text/en/analytics";
import type { Measure } from "./filter";
import { formatRate } from "./rates";
import "./analytics.css";

/** The unit, the scale of the bars, and what hatching and lines mean. */
export function LegendNotes({ measure, max }: { measure: Measure; max: number }) {
  return (
    <ul className="legend-notes">
      <li>{t.units[measure]}</li>
      <li>{t.ofScale(formatRate(max, measure))}</li>
      <li><span className="legend-key key-hatched" aria-hidden="true" />{t.legendNoRate}; {t.legendSuppressed}</li>
      <li>{t.intervals}</li>
    </ul>
  );
}
