import { useGet, type Schema } from "../../api/client";
import { Card, DataView, Empty, Figure, Figures, Notice, Page, Table, type Column } from "../../design";
import { Missing } from "../../format/Missing";
import { count, share } from "../../format/number";
import { analytics } from "../../text/en/analytics";
import { FilterBar } from "./FilterBar";
import type { Measure } from "./filter";
import { IntervalBar } from "./IntervalBar";
import { LegendNotes } from "./LegendNotes";
import { describeRate, findScale, formatRate, rounded } from "./rates";
import { ViewTools } from "./SaveView";
import { useFilter } from "./use-filter";

const t = analytics.locations;
type Answer = Schema<"EffectivenessResponse">;
type Row = Schema<"EffectiveLocationDocument">;

export default function Locations() {
  const state = useFilter();
  const query = useGet("/api/analytics/effectiveness", { params: { query: state.filter } });
  return (
    <Page title={t.title} lead={t.lead} actions={<ViewTools page="locations" search={state.search} />}>
      <FilterBar state={state} fields={["measure", "hours", "weekdays"]} />
      <DataView query={query} isEmpty={(data) => data.locations.length === 0} empty={<Empty title={analytics.nothing}>{analytics.nothingDetail}</Empty>}>
        {(data) => <Ranking data={data} />}
      </DataView>
    </Page>
  );
}

function Ranking({ data }: { data: Answer }) {
  const ranked = data.locations.filter((one) => one.shrunk !== null);
  const max = findScale([...data.locations, ...ranked.map(asCell)]);
  return (
    <>
      <Figures>
        <Figure label={t.ranked} value={count(ranked.length)} note={t.rankedNote(count(data.locations.length))} />
        <Figure label={t.mean} value={data.mean === null ? null : formatRate(data.mean, data.measure)} reason={t.tooFew} />
        <Figure label={t.between} value={data.between === null ? null : formatRate(data.between, data.measure)} note={t.betweenNote} reason={t.tooFew} />
      </Figures>
      {ranked.length === 0 && <Notice title={t.tooFew}>{t.tooFewDetail}</Notice>}
      <Card title={t.table}>
        <Table caption={t.table} columns={listColumns(data.measure, max)} rows={data.locations} rowKey={(row) => row.location} />
        <LegendNotes measure={data.measure} max={max} />
      </Card>
      <Card title={t.how}><p>{t.howText}</p></Card>
    </>
  );
}

const asCell = (row: Row): Row => ({ ...row, rate: row.shrunk === null ? null : { ...row.shrunk, days: 0 } });

function listColumns(measure: Measure, max: number): readonly Column<Row>[] {
  const none = <Missing reason={t.noRank} />;
  return [
    { id: "rank", title: t.rank, cell: (row) => row.shrunk?.rank ?? none, value: (row) => row.shrunk?.rank ?? null, isNumber: true },
    { id: "best", title: t.mayBe, cell: (row) => (row.shrunk === null ? none : t.ranks(row.shrunk.rank_best, row.shrunk.rank_worst)), value: (row) => (row.shrunk === null ? null : t.ranks(row.shrunk.rank_best, row.shrunk.rank_worst)) },
    { id: "name", title: analytics.location_column, cell: (row) => <span className="analytics-name">{row.name}</span>, value: (row) => row.name, isHeader: true },
    { id: "rate", title: t.shrunk, cell: (row) => <ShrunkBar row={row} measure={measure} max={max} />, value: (row) => rounded(row.shrunk?.value) },
    { id: "low", title: analytics.low, cell: (row) => (row.shrunk === null ? none : formatRate(row.shrunk.low, measure)), value: (row) => rounded(row.shrunk?.low), isNumber: true },
    { id: "high", title: analytics.high, cell: (row) => (row.shrunk === null ? none : formatRate(row.shrunk.high, measure)), value: (row) => rounded(row.shrunk?.high), isNumber: true },
    { id: "own", title: t.own, cell: (row) => (row.rate === null ? <Missing reason={analytics.states[row.state]} /> : formatRate(row.rate.value, measure)), value: (row) => rounded(row.rate?.value), isNumber: true },
    { id: "weight", title: t.weight, cell: (row) => (row.shrunk === null ? none : share(row.shrunk.weight_of_mean)), value: (row) => row.shrunk?.weight_of_mean ?? null, isNumber: true },
    { id: "observed", title: analytics.observed, cell: (row) => share(row.observed_share), value: (row) => row.observed_share, isNumber: true },
  ];
}

function ShrunkBar({ row, measure, max }: { row: Row; measure: Measure; max: number }) {
  const found = row.shrunk;
  const label = found === null ? t.noRank : describeRate(asCell(row), measure);
  return (
    <IntervalBar value={found?.value ?? null} low={found?.low} high={found?.high} max={max} label={label}>
      {found === null ? <Missing reason={t.noRank} /> : formatRate(found.value, measure)}
    </IntervalBar>
  );
}
