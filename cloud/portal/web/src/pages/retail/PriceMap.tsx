import { useMemo } from "react";
import { useGet } from "../../api/client";
import { HeatLegend } from "../../charts/HeatLegend";
import { NetworkMap, type MapPoint } from "../../charts/NetworkMap";
import { heatColour, heatOf } from "../../charts/scale";
import { Card, DataView, Empty, Figure, Figures, NotObserved, Notice, Page, Select, Table, type Column } from "../../design";
import { Missing } from "../../format/Missing";
import { minorMoney } from "../../format/money";
import { change, count } from "../../format/number";
import { duration } from "../../format/time";
import { common } from "../../text/en";
import { useSearchText } from "../../routing/address";
import { priceMap as t, prices, retail } from "../../text/en/retail";
import { compareStores, groupRegions, type ComparedStore, type RegionPrices } from "./map-rows";
import { Filters, useProducts } from "./shared";

const BREAKS = [-0.05, -0.02, 0.02, 0.05];

export default function PriceMap() {
  const products = useProducts();
  const [asked, setProduct] = useSearchText("product");
  const product = asked || products[0];
  const query = useGet("/api/retail/prices", { params: { query: { product } } }, { enabled: product !== undefined });
  const stores = useGet("/api/retail/stores");
  const known = useGet("/api/retail/prices");
  const choices = products.map((name) => ({ value: name, label: name }));
  return (
    <Page title={t.title} lead={t.lead}>
      <Filters><Select label={retail.product} placeholder={t.chooseProduct} choices={choices} value={product ?? null} onChange={setProduct} /></Filters>
      <DataView query={known} isEmpty={(data) => data.prices.length === 0} empty={<Empty title={prices.none}>{prices.noneDetail}</Empty>}>
        {() => (
          <DataView query={stores}>
            {(list) => <DataView query={query}>{(data) => <Stores stores={compareStores(list.stores, data.prices)} />}</DataView>}
          </DataView>
        )}
      </DataView>
    </Page>
  );
}

function Stores({ stores }: { stores: readonly ComparedStore[] }) {
  const priced = stores.filter((one) => one.index !== null);
  const points = useMemo(() => stores.map(toPoint), [stores]);
  const first = priced[0];
  if (first === undefined) return <NotObserved>{retail.noRecentPoint}</NotObserved>;
  const sorted = priced.map((one) => one.priceMinor ?? 0).toSorted((a, b) => a - b);
  const mean = Math.round(sorted.reduce((sum, one) => sum + one, 0) / sorted.length);
  const legend = <HeatLegend title={t.legend} breaks={BREAKS} format={(value) => change(value)} />;
  return (
    <>
      <Figures>
        <Figure label={t.mean} value={minorMoney(mean, first.currency)} />
        <Figure label={t.lowest} value={minorMoney(sorted[0], first.currency)} />
        <Figure label={t.highest} value={minorMoney(sorted.at(-1), first.currency)} />
        <Figure label={t.stores} value={count(priced.length)} note={t.observedOf(count(stores.length))} />
      </Figures>
      {stores.some((one) => one.isOtherCurrency) && <Notice>{t.severalCurrencies}</Notice>}
      <div className="retail-map"><NetworkMap label={t.label} points={points} legend={legend} /></div>
      <Card title={t.byRegion}><Table caption={t.byRegion} columns={REGION_COLUMNS} rows={groupRegions(stores)} rowKey={(row) => row.region} /></Card>
      <Card title={t.table}><Table caption={t.table} columns={COLUMNS} rows={stores} rowKey={(row) => row.store} initialSorting={{ column: "index", isDescending: true }} /></Card>
    </>
  );
}

function toPoint(one: ComparedStore): MapPoint {
  const heat = heatOf(one.index, BREAKS);
  const detail = one.index === null || one.ageS === null ? retail.noRecentPoint : t.detail(minorMoney(one.priceMinor, one.currency), change(one.index, 1), common.ago(duration(one.ageS)));
  return { id: one.store, name: one.region, latitude: one.latitude, longitude: one.longitude, colour: heat === null ? null : heatColour(heat, BREAKS), detail };
}

const REGION_COLUMNS: readonly Column<RegionPrices>[] = [
  { id: "region", title: retail.region, cell: (row) => row.region, value: (row) => row.region, isHeader: true },
  { id: "mean", title: t.mean, cell: (row) => row.meanMinor === null ? <Missing reason={retail.noRecentPoint} /> : minorMoney(row.meanMinor, row.currency), value: (row) => row.meanMinor, isNumber: true },
  { id: "lowest", title: t.lowest, cell: (row) => minorMoney(row.lowestMinor, row.currency), value: (row) => row.lowestMinor, isNumber: true },
  { id: "highest", title: t.highest, cell: (row) => minorMoney(row.highestMinor, row.currency), value: (row) => row.highestMinor, isNumber: true },
  { id: "stores", title: t.stores, cell: (row) => `${count(row.observed)} ${t.observedOf(count(row.stores))}`, value: (row) => row.observed, isNumber: true },
];

const COLUMNS: readonly Column<ComparedStore>[] = [
  { id: "store", title: retail.store, cell: (row) => row.store, value: (row) => row.store, isHeader: true },
  { id: "region", title: retail.region, cell: (row) => row.region, value: (row) => row.region },
  { id: "price", title: prices.observed, cell: (row) => row.priceMinor === null ? <Missing reason={retail.noRecentPoint} /> : minorMoney(row.priceMinor, row.currency), value: (row) => row.priceMinor, isNumber: true },
  { id: "index", title: t.index, cell: (row) => row.index === null ? <Missing reason={retail.noRecentPoint} /> : change(row.index, 1), value: (row) => row.index, isNumber: true },
  { id: "age", title: prices.age, cell: (row) => row.ageS === null ? <Missing reason={retail.noRecentPoint} /> : common.ago(duration(row.ageS)), value: (row) => row.ageS, isNumber: true },
];
