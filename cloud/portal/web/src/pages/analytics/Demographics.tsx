import { useGet, type Schema } from "../../api/client";
import { Card, DataView, Empty, Figure, Figures, Page, Table, type Column } from "../../design";
import { Missing } from "../../format/Missing";
import { count, share } from "../../format/number";
import { analytics } from "../../text/en/analytics";
import { FilterBar } from "./FilterBar";
import { IntervalBar } from "./IntervalBar";
import { LegendNotes } from "./LegendNotes";
import { formatRate, rounded } from "./rates";
import { ViewTools } from "./SaveView";
import { useFilter } from "./use-filter";

const t = analytics.demographics;
type Answer = Schema<"GroupsResponse">;
type Group = Schema<"GroupDocument">;

export default function Demographics() {
  const state = useFilter();
  const { days, until, weekday, venue_type: venue, location } = state.filter;
  const asked = { days, weekday, location, ...(until ? { until } : {}), ...(venue ? { venue_type: venue } : {}) };
  const query = useGet("/api/analytics/demographics", { params: { query: asked } });
  return (
    <Page title={t.title} lead={t.lead} actions={<ViewTools page="demographics" search={state.search} />}>
      <FilterBar state={state} fields={["weekdays", "location"]} />
      <DataView query={query} isEmpty={(data) => data.described_visits === 0} empty={<Empty title={t.none}>{t.noneDetail}</Empty>}>
        {(data) => <Groups data={data} />}
      </DataView>
    </Page>
  );
}

function Groups({ data }: { data: Answer }) {
  const most = Math.max(...data.groups.map((one) => one.rate?.high ?? one.rate?.value ?? 0), 0.01);
  const max = Math.min(1, Math.ceil(most * 20) / 20);
  return (
    <>
      <Figures>
        <Figure label={t.described} value={countOrNull(data.described_visits)} reason={analytics.states.suppressed} />
        <Figure label={t.undescribed} value={countOrNull(data.undescribed_visits)} reason={analytics.states.suppressed} note={t.undescribedNote} />
        <Figure label={t.suppressed} value={countOrNull(data.suppressed_visits)} reason={analytics.states.suppressed} note={t.suppressedNote} />
      </Figures>
      <Card title={t.table}>
        <Table caption={t.table} columns={listColumns(max)} rows={data.groups} rowKey={(row) => `${row.age} ${row.gender}`} />
        <LegendNotes measure="viewers" max={max} />
        <p className="quiet">{t.estimates}</p>
      </Card>
    </>
  );
}

const countOrNull = (visits: number | null) => (visits === null ? null : count(visits));

function listColumns(max: number): readonly Column<Group>[] {
  const name = (row: Group) => `${row.age}, ${t.genders[row.gender] ?? row.gender}`;
  return [
    { id: "group", title: t.group, cell: name, value: name, isHeader: true },
    { id: "share", title: t.share, cell: (row) => share(row.share, 1), value: (row) => row.share, isNumber: true },
    { id: "visits", title: analytics.visits, cell: (row) => count(row.visits), value: (row) => row.visits, isNumber: true },
    { id: "rate", title: analytics.rate, cell: (row) => <GroupBar group={row} max={max} name={name(row)} />, value: (row) => rounded(row.rate?.value) },
    { id: "low", title: analytics.low, cell: (row) => limit(row.rate?.low), value: (row) => rounded(row.rate?.low), isNumber: true },
    { id: "high", title: analytics.high, cell: (row) => limit(row.rate?.high), value: (row) => rounded(row.rate?.high), isNumber: true },
  ];
}

function GroupBar({ group, max, name }: { group: Group; max: number; name: string }) {
  const value = group.rate?.value ?? null;
  return <IntervalBar value={value} low={group.rate?.low} high={group.rate?.high} max={max} label={`${name}: ${formatRate(value, "viewers")}`}>{formatRate(value, "viewers")}</IntervalBar>;
}

const limit = (value: number | null | undefined) => (value === null || value === undefined ? <Missing reason={analytics.noInterval} /> : formatRate(value, "viewers"));
