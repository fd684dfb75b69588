import { useGet, type Schema } from "../../api/client";
import { ChartTable } from "../../charts/ChartTable";
import { Badge, Card, DataView, Empty, Figure, Figures, NotObserved, Page, Select, Table, type Column } from "../../design";
import { Missing } from "../../format/Missing";
import { money } from "../../format/money";
import { count, decimal, share } from "../../format/number";
import { duration } from "../../format/time";
import { common } from "../../text/en";
import { useSearchText } from "../../routing/address";
import { product as t, retail } from "../../text/en/retail";
import { CurvePlot, DEMAND_LINES } from "./CurvePlot";
import { ElasticityPlot } from "./ElasticityPlot";
import { SeasonPlot } from "./SeasonPlot";
import { Filters, useProducts } from "./shared";

export type Analysis = Schema<"AnalysisResponse">;
type Store = Analysis["stores"][number];
type CurvePoint = Analysis["curves"][number]["points"][number];
type Month = Analysis["season"][number];

export default function Product() {
  const products = useProducts();
  const [asked, setProduct] = useSearchText("product");
  const product = asked || products[0] || "";
  const known = useGet("/api/retail/prices");
  const query = useGet("/api/retail/analysis/{product}", { params: { path: { product } } }, { enabled: product !== "" });
  return (
    <Page title={t.title} lead={t.lead}>
      <Filters><Select label={retail.product} choices={products.map((name) => ({ value: name, label: name }))} value={product || null} onChange={setProduct} /></Filters>
      <DataView query={known} isEmpty={(data) => data.prices.length === 0} empty={<Empty title={t.none} />}>
        {() => <DataView query={query}>{(data) => <Content data={data} />}</DataView>}
      </DataView>
    </Page>
  );
}

function Content({ data }: { data: Analysis }) {
  return (
    <>
      <Summary data={data} />
      <Card title={t.ranges}>
        {data.elasticity === null ? <NotObserved title={t.noElasticity}>{t.noElasticityDetail}</NotObserved> : <><ElasticityPlot stores={data.stores} /><p className="quiet">{t.rangesNote}</p></>}
        <ChartTable caption={t.ranges} columns={STORE_COLUMNS} rows={data.stores} rowKey={(row) => row.store} />
      </Card>
      {data.curves.map((curve) => (
        <Card key={curve.currency} title={t.curve}>
          {curve.points.every((one) => one.expected === null) ? <NotObserved title={t.noCurve} /> : <CurvePlot label={t.curve} points={curve.points} lines={DEMAND_LINES} />}
          <p className="quiet">{t.curveNote(count(curve.stores))}</p>
          <ChartTable caption={t.curve} columns={curveColumns(curve.currency)} rows={curve.points} rowKey={(row) => String(row.share)} />
        </Card>
      ))}
      <Card title={t.season}>
        <SeasonPlot months={data.season} />
        <p className="quiet">{t.seasonNote}</p>
        <ChartTable caption={t.season} columns={SEASON_COLUMNS} rows={data.season} rowKey={(row) => String(row.month)} />
      </Card>
      <Card title={t.storesTable}><Table caption={t.storesTable} columns={STORE_COLUMNS} rows={data.stores} rowKey={(row) => row.store} /></Card>
    </>
  );
}

function Summary({ data }: { data: Analysis }) {
  const { elasticity } = data;
  const estimated = Object.values(elasticity?.stores ?? {}).reduce((sum, n) => sum + n, 0);
  return (
    <Figures>
      <Figure label={t.elasticity} value={elasticity === null ? null : decimal(elasticity.value, 2)} note={elasticity === null ? undefined : t.elasticityNote(decimal(elasticity.low, 2), decimal(elasticity.high, 2))} reason={t.noElasticity} />
      <Figure label={t.sufficient} value={elasticity === null ? null : count(elasticity.stores.sufficient ?? 0)} note={t.ofStores(count(estimated))} reason={t.noElasticity} />
      <Figure label={t.newest} value={common.ago(duration(data.newest_point_age_s))} />
      <Figure label={t.estimates} value={data.estimates_age_days === null ? null : common.ago(common.days(data.estimates_age_days))} reason={t.noElasticity} />
    </Figures>
  );
}

const STORE_COLUMNS: readonly Column<Store>[] = [
  { id: "store", title: retail.store, cell: (row) => row.store, value: (row) => row.store, isHeader: true },
  { id: "region", title: retail.region, cell: (row) => row.region, value: (row) => row.region },
  { id: "price", title: t.priceNow, cell: (row) => money(row.price, row.currency), value: (row) => Number(row.price), isNumber: true },
  { id: "units", title: t.units, cell: (row) => row.units === null ? <Missing reason={retail.noEstimate} /> : decimal(row.units), value: (row) => row.units, isNumber: true },
  { id: "elasticity", title: t.elasticity, cell: (row) => row.demand === null ? <Missing reason={retail.noEstimate} /> : <>{decimal(row.demand.elasticity, 2)}<div className="quiet">{t.elasticityNote(decimal(row.demand.elasticity_low, 2), decimal(row.demand.elasticity_high, 2))}</div></>, value: (row) => row.demand?.elasticity ?? null, isNumber: true },
  { id: "evidence", title: t.evidenceTitle, cell: (row) => row.demand === null ? <Missing reason={retail.noEstimate} /> : <Badge tone={row.demand.evidence === "sufficient" ? "good" : "warn"}>{t.evidence[row.demand.evidence] ?? row.demand.evidence}</Badge>, value: (row) => row.demand?.evidence ?? null },
];

const SEASON_COLUMNS: readonly Column<Month>[] = [
  { id: "month", title: t.month, cell: (row) => t.months[row.month - 1], value: (row) => row.month, isHeader: true },
  { id: "index", title: t.index, cell: (row) => row.index === null ? <Missing reason={common.notObserved} /> : share(row.index), value: (row) => row.index, isNumber: true },
  { id: "points", title: t.points, cell: (row) => count(row.points), value: (row) => row.points, isNumber: true },
];

function curveColumns(currency: string): readonly Column<CurvePoint>[] {
  return [
    { id: "share", title: t.share, cell: (row) => share(row.share), value: (row) => row.share, isHeader: true, isNumber: true },
    { id: "units", title: t.units, cell: (row) => row.expected === null ? <Missing reason={retail.noEstimate} /> : decimal(row.expected.units.value), value: (row) => row.expected?.units.value ?? null, isNumber: true },
    { id: "revenue", title: t.revenue, cell: (row) => row.expected === null ? <Missing reason={retail.noEstimate} /> : money(row.expected.revenue.value, currency), value: (row) => Number(row.expected?.revenue.value ?? 0), isNumber: true },
    { id: "margin", title: t.margin, cell: (row) => row.expected?.margin == null ? <Missing reason={retail.noCost} /> : money(row.expected.margin.value, currency), value: (row) => Number(row.expected?.margin?.value ?? 0), isNumber: true },
    { id: "allowed", title: t.allowed, cell: (row) => count(row.allowed_stores), value: (row) => row.allowed_stores, isNumber: true },
  ];
}
