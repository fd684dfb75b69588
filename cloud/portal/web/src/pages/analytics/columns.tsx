import type { Column } from "../../design";
import { Missing } from "../../format/Missing";
import { count, share } from "../../format/number";
import { analytics as t } from "../../text/en/analytics";
import type { Measure } from "./filter";
import { IntervalBar } from "./IntervalBar";
import { describeRate, formatRate, rounded, type RateCell } from "./rates";

/** A rate with its interval as a bar, its limits for CSV, the observed share and the visits. */
export function rateColumns<Row extends RateCell>(measure: Measure, max: number): Column<Row>[] {
  return [
    { id: "rate", title: t.rate, cell: (row) => <RateBar cell={row} measure={measure} max={max} />, value: (row) => rounded(row.rate?.value) },
    { id: "low", title: t.low, cell: (row) => limitText(row.rate?.low, measure), value: (row) => rounded(row.rate?.low), isNumber: true },
    { id: "high", title: t.high, cell: (row) => limitText(row.rate?.high, measure), value: (row) => rounded(row.rate?.high), isNumber: true },
    { id: "observed", title: t.observed, cell: (row) => (row.observed_share === null ? <Missing reason={t.states.not_expected} /> : share(row.observed_share)), value: (row) => row.observed_share, isNumber: true },
    { id: "visits", title: t.visits, cell: (row) => (row.visits === null ? <Missing reason={t.states[row.state]} /> : count(row.visits)), value: (row) => row.visits, isNumber: true },
    { id: "state", title: t.state, cell: (row) => t.states[row.state], value: (row) => t.states[row.state] },
  ];
}

function limitText(value: number | null | undefined, measure: Measure) {
  return value === null || value === undefined ? <Missing reason={t.noInterval} /> : formatRate(value, measure);
}

function RateBar({ cell, measure, max }: { cell: RateCell; measure: Measure; max: number }) {
  const rate = cell.rate;
  return (
    <IntervalBar value={rate?.value ?? null} low={rate?.low} high={rate?.high} max={max} label={describeRate(cell, measure)}>
      {rate === null ? <Missing reason={t.states[cell.state]} /> : formatRate(rate.value, measure)}
    </IntervalBar>
  );
}
