import { useGet, type Schema } from "../../api/client";
import { Card, DataView, DateField, Figure, Figures, Notice, Page, Table, type Column } from "../../design";
import { Missing } from "../../format/Missing";
import { count, decimal, share } from "../../format/number";
import { useSearchText } from "../../routing/address";
import { effects as t } from "../../text/en/retail";
import { Filters } from "./shared";

type Group = Schema<"GroupEffectsResponse">;
const MINOR = 100;

export default function Effects() {
  const [since, setSince] = useSearchText("since");
  const [until, setUntil] = useSearchText("until");
  const query = useGet("/api/retail/effects", { params: { query: { since: since || undefined, until: until || undefined } } });
  return (
    <Page title={t.title} lead={t.lead}>
      <Filters>
        <DateField label={t.since} value={since || (query.data?.since ?? "")} onChange={setSince} />
        <DateField label={t.until} value={until || (query.data?.until ?? "")} onChange={setUntil} />
      </Filters>
      <DataView query={query}>
        {(data) => (
          <>
            <Whole group={data.whole} />
            <Card title={t.byCategory}><Table caption={t.byCategory} columns={listColumns(t.group.category)} rows={data.by_category} rowKey={(row) => row.name} /></Card>
            <Card title={t.byRegion}><Table caption={t.byRegion} columns={listColumns(t.group.region)} rows={data.by_region} rowKey={(row) => row.name} /></Card>
            <Notice title={t.method}>{t.methodText}</Notice>
          </>
        )}
      </DataView>
    </Page>
  );
}

const amount = (minor: number) => decimal(minor / MINOR, 2);

function Whole({ group }: { group: Group }) {
  const { acceptance, effect } = group;
  return (
    <Figures>
      <Figure label={t.revenue} value={group.revenue_minor === null ? null : amount(group.revenue_minor)} reason={t.nothingObserved} />
      <Figure label={t.margin} value={group.margin_minor === null ? null : amount(group.margin_minor)} reason={t.nothingObserved} />
      <Figure label={t.change} value={effect === null ? null : amount(effect.total_minor)} note={<EffectNote group={group} />} reason={whyMissing(group)} />
      <Figure label={t.acceptance} value={acceptance.share === null ? null : share(acceptance.share)} note={t.decisions(count(acceptance.accepted), count(acceptance.changed), count(acceptance.rejected))} reason={t.nothingDecided} />
    </Figures>
  );
}

function EffectNote({ group: { effect, ...group } }: { group: Group }) {
  if (effect === null) return <>{whyMissing({ effect, ...group })}</>;
  const range = effect.low_minor === null || effect.high_minor === null ? t.noInterval : t.interval(amount(effect.low_minor), amount(effect.high_minor));
  return <>{range}; {t.ofPrices(count(effect.prices), count(effect.stores))}</>;
}

function whyMissing(group: Group): string {
  return group.missing === null ? t.nothingObserved : t.missing[group.missing];
}

function listColumns(title: string): readonly Column<Group>[] {
  return [
    { id: "name", title, cell: (row) => row.name, value: (row) => row.name, isHeader: true },
    { id: "revenue", title: t.revenue, cell: (row) => row.revenue_minor === null ? <Missing reason={t.nothingObserved} /> : amount(row.revenue_minor), value: (row) => row.revenue_minor, isNumber: true },
    { id: "margin", title: t.margin, cell: (row) => row.margin_minor === null ? <Missing reason={t.nothingObserved} /> : amount(row.margin_minor), value: (row) => row.margin_minor, isNumber: true },
    { id: "change", title: t.change, cell: (row) => row.effect === null ? <Missing reason={whyMissing(row)} /> : <>{amount(row.effect.total_minor)}<div className="quiet"><EffectNote group={row} /></div></>, value: (row) => row.effect?.total_minor ?? null, isNumber: true },
    { id: "acceptance", title: t.acceptance, cell: (row) => row.acceptance.share === null ? <Missing reason={t.nothingDecided} /> : <>{share(row.acceptance.share)}<div className="quiet">{t.decisions(count(row.acceptance.accepted), count(row.acceptance.changed), count(row.acceptance.rejected))}</div></>, value: (row) => row.acceptance.share, isNumber: true },
  ];
}
