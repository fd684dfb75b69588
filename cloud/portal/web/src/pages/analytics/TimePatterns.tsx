import { useMemo } from "react";
import { useGet, type Schema } from "../../api/client";
import { HeatLegend } from "../../charts/HeatLegend";
import { HourGrid } from "../../charts/HourGrid";
import { Card, DataView, NotObserved, Page, Segments, Table, type Column } from "../../design";
import { count, share } from "../../format/number";
import { dateText } from "../../format/time";
import { useSearchText } from "../../routing/address";
import { analytics as t } from "../../text/en/analytics";
import { rateColumns } from "./columns";
import { FilterBar } from "./FilterBar";
import { LegendNotes } from "./LegendNotes";
import { findEvenBreaks, findScale, formatRate } from "./rates";
import { ViewTools } from "./SaveView";
import { useFilter } from "./use-filter";
import { buildRows, describeHour, valueOf, type Shown, type WeekHour } from "./week";

type Answer = Schema<"WeekResponse">;
const SHOWS = Object.entries(t.time.shows).map(([value, label]) => ({ value: value as Shown, label }));

export default function TimePatterns() {
  const state = useFilter();
  const query = useGet("/api/analytics/week", { params: { query: state.filter } });
  return (
    <Page title={t.time.title} lead={t.time.lead} actions={<ViewTools page="time" search={state.search} />}>
      <FilterBar state={state} fields={["measure", "weekdays", "location"]} />
      <DataView query={query} isEmpty={(data) => data.hours.every((one) => one.observed_s === 0)} empty={<NotObserved />}>
        {(data) => <Week data={data} />}
      </DataView>
    </Page>
  );
}

function Week({ data }: { data: Answer }) {
  const [text, setShown] = useSearchText("show", "rate");
  const shown: Shown = text === "observed" ? "observed" : "rate";
  const breaks = useMemo(() => findEvenBreaks(data.hours.flatMap((one) => valueOf(one, shown) ?? [])), [data, shown]);
  const rows = useMemo(() => buildRows(data.hours, data.measure, shown, breaks), [data, shown, breaks]);
  const max = findScale(data.hours);
  const without = data.hours.filter((one) => one.rate === null).length;
  return (
    <>
      <Card title={t.time.caption} actions={<Segments label={t.time.show} isLabelHidden choices={SHOWS} value={shown} onChange={setShown} />}>
        <p className="quiet">{t.before(dateText(data.until ?? data.asked_at))} {without > 0 && t.time.unobservedNote(`${count(without)}/${count(data.hours.length)}`)}</p>
        <HourGrid caption={t.time.caption} rows={rows} breaks={breaks} legend={<GridLegend data={data} shown={shown} breaks={breaks} />} />
      </Card>
      <Card title={t.time.table}>
        <Table caption={t.time.table} columns={[...COLUMNS, ...rateColumns<WeekHour>(data.measure, max)]} rows={data.hours} rowKey={(row) => `${row.weekday}-${row.hour}`} />
        <LegendNotes measure={data.measure} max={max} />
      </Card>
    </>
  );
}

const COLUMNS: readonly Column<WeekHour>[] = [
  { id: "when", title: t.time.when, cell: describeHour, isHeader: true },
  { id: "weekday", title: t.time.weekday, cell: (row) => t.time.weekdays[row.weekday - 1], value: (row) => row.weekday },
  { id: "hour", title: t.time.hour, cell: (row) => row.hour, value: (row) => row.hour, isNumber: true },
];

function GridLegend({ data, shown, breaks }: { data: Answer; shown: Shown; breaks: readonly number[] }) {
  const isRate = shown === "rate";
  const format = (value: number) => (isRate ? formatRate(value, data.measure) : share(value));
  return (
    <>
      <HeatLegend title={isRate ? t.units[data.measure] : t.time.observedUnit} breaks={breaks} format={format} />
      {isRate && (
        <ul className="legend-notes">
          <li><span className="legend-key key-hatched" aria-hidden="true" />{t.legendNoRate}; {t.legendSuppressed}</li>
          <li><span className="legend-key" aria-hidden="true" />{t.legendNoCamera}</li>
        </ul>
      )}
    </>
  );
}
