import { useMemo } from "react";
import { useGet, type Schema } from "../../api/client";
import { HeatLegend } from "../../charts/HeatLegend";
import { NetworkMap, type MapPoint } from "../../charts/NetworkMap";
import { heatColour, heatOf } from "../../charts/scale";
import { Card, DataView, Empty, Figure, Figures, Page, Table, type Column } from "../../design";
import { dateText } from "../../format/time";
import { count } from "../../format/number";
import { analytics as t } from "../../text/en/analytics";
import { rateColumns } from "./columns";
import { FilterBar } from "./FilterBar";
import { LegendNotes } from "./LegendNotes";
import { describeCell, findEvenBreaks, findScale, formatRate } from "./rates";
import { ViewTools } from "./SaveView";
import { useFilter } from "./use-filter";

type Answer = Schema<"AttentionResponse">;
type Row = Schema<"LocationDocument">;

export default function AttentionMap() {
  const state = useFilter();
  const query = useGet("/api/analytics/attention", { params: { query: state.filter } });
  return (
    <Page title={t.map.title} lead={t.map.lead} actions={<ViewTools page="map" search={state.search} />}>
      <FilterBar state={state} fields={["measure", "hours", "weekdays"]} />
      <DataView query={query} isEmpty={(data) => data.locations.length === 0} empty={<Empty title={t.nothing}>{t.nothingDetail}</Empty>}>
        {(data) => <MapContent data={data} />}
      </DataView>
    </Page>
  );
}

function MapContent({ data }: { data: Answer }) {
  const breaks = useMemo(() => findEvenBreaks(data.locations.flatMap((one) => (one.rate === null ? [] : [one.rate.value]))), [data]);
  const points = useMemo(() => data.locations.map((one) => toPoint(one, data.measure, breaks)), [data, breaks]);
  const max = findScale(data.locations);
  const legend = <HeatLegend title={t.units[data.measure]} breaks={breaks} format={(value) => formatRate(value, data.measure)} />;
  return (
    <>
      <Summary data={data} />
      <div className="analytics-map"><NetworkMap label={t.map.label} points={points} legend={legend} /></div>
      <Card title={t.map.table}>
        <Table caption={t.map.table} columns={[...COLUMNS, ...rateColumns<Row>(data.measure, max)]} rows={data.locations} rowKey={(row) => row.location} initialSorting={{ column: "rate", isDescending: true }} />
        <LegendNotes measure={data.measure} max={max} />
      </Card>
    </>
  );
}

const COLUMNS: readonly Column<Row>[] = [
  { id: "name", title: t.location_column, cell: (row) => <span className="analytics-name">{row.name}</span>, value: (row) => row.name, isHeader: true },
  { id: "id", title: t.id, cell: (row) => <span className="mono analytics-limit">{row.location}</span>, value: (row) => row.location },
];

function toPoint(one: Row, measure: Answer["measure"], breaks: readonly number[]): MapPoint {
  const heat = heatOf(one.rate?.value ?? null, breaks);
  return {
    id: one.location, name: one.name, latitude: one.latitude_deg, longitude: one.longitude_deg,
    colour: heat === null ? null : heatColour(heat, breaks),
    detail: describeCell(one, measure),
  };
}

function Summary({ data }: { data: Answer }) {
  const rated = data.locations.filter((one) => one.rate !== null).toSorted((a, b) => (b.rate?.value ?? 0) - (a.rate?.value ?? 0));
  const [best, lowest] = [rated[0], rated.at(-1)];
  return (
    <>
      <p className="quiet">{t.before(dateText(data.until ?? data.asked_at))}</p>
      <Figures>
        <Figure label={t.map.observedLocations} value={count(rated.length)} note={t.locations.rankedNote(count(data.locations.length))} />
        <Figure label={t.map.best} value={best ? formatRate(best.rate?.value, data.measure) : null} note={best?.name} reason={t.states.not_observed} />
        <Figure label={t.map.lowest} value={lowest ? formatRate(lowest.rate?.value, data.measure) : null} note={lowest?.name} reason={t.states.not_observed} />
      </Figures>
    </>
  );
}
