import { useState } from "react";
import { useGet, type Schema } from "../../api/client";
import { Badge, Button, DataView, Empty, Figure, Figures, Notice, Page, Table, type Column } from "../../design";
import { Missing } from "../../format/Missing";
import { minorMoney } from "../../format/money";
import { change, count } from "../../format/number";
import { duration, instantText } from "../../format/time";
import { common } from "../../text/en";
import { useSearchText } from "../../routing/address";
import { prices as t, retail } from "../../text/en/retail";
import { isApart, priceGap, priceKey, summarise } from "./price-rows";
import { RollBackPrice, SetPrice } from "./PriceDialogs";
import { Filters, ProductFilter, RegionFilter, type PriceRow } from "./shared";

type Answer = Schema<"RetailPricesResponse">;
type Asked = { kind: "set" | "roll-back"; row: PriceRow };
const EVERY_MS = 5_000;

export default function Prices() {
  const [product, setProduct] = useSearchText("product");
  const [region, setRegion] = useSearchText("region");
  const filter = { product: product || undefined, region: region || undefined };
  const query = useGet("/api/retail/prices", { params: { query: filter } }, { refetchInterval: EVERY_MS });
  const [asked, setAsked] = useState<Asked | null>(null);
  return (
    <Page title={t.title} lead={t.lead}>
      <Filters>
        <ProductFilter value={product} onChange={setProduct} />
        <RegionFilter value={region} onChange={setRegion} />
      </Filters>
      <DataView query={query} isEmpty={(data) => data.prices.length === 0} empty={<Empty title={t.none}>{t.noneDetail}</Empty>}>
        {(data) => <PriceTable data={data} ask={setAsked} />}
      </DataView>
      {asked?.kind === "set" && <SetPrice key={priceKey(asked.row)} row={asked.row} onClose={() => setAsked(null)} />}
      {asked?.kind === "roll-back" && asked.row.approved !== null && <RollBackPrice key={asked.row.approved.id} price={asked.row.approved} onClose={() => setAsked(null)} />}
    </Page>
  );
}

function PriceTable({ data, ask }: { data: Answer; ask: (asked: Asked) => void }) {
  const { apart, oldestS } = summarise(data.prices);
  return (
    <>
      <Figures>
        <Figure label={t.figures.shown} value={count(data.prices.length)} />
        <Figure label={t.figures.apart} value={count(apart)} note={t.apartNote} />
        <Figure label={t.figures.oldest} value={oldestS === null ? null : duration(oldestS)} reason={retail.noRecentPoint} />
      </Figures>
      <Table caption={t.table} columns={listColumns(ask)} rows={data.prices} rowKey={priceKey} />
      {data.left_out > 0 && <Notice>{t.leftOut(data.left_out)}</Notice>}
    </>
  );
}

function listColumns(ask: (asked: Asked) => void): readonly Column<PriceRow>[] {
  return [
    { id: "product", title: retail.product, cell: (row) => row.product, value: (row) => row.product, isHeader: true },
    { id: "store", title: retail.store, cell: (row) => <>{row.store}{row.region !== null && <div className="quiet">{row.region}</div>}</>, value: (row) => row.store },
    { id: "observed", title: t.observed, cell: (row) => <Observed row={row} />, value: (row) => row.observed?.price_minor ?? null, isNumber: true },
    { id: "approved", title: t.approved, cell: (row) => <Approved row={row} />, value: (row) => row.approved?.price_minor ?? null, isNumber: true },
    { id: "gap", title: t.difference, cell: (row) => <Gap row={row} />, value: priceGap, isNumber: true },
    { id: "competitor", title: t.competitor, cell: (row) => row.observed?.competitor_price_minor == null ? <Missing reason={retail.notReported} /> : minorMoney(row.observed.competitor_price_minor, row.currency), value: (row) => row.observed?.competitor_price_minor ?? null, isNumber: true },
    { id: "stock", title: t.stock, cell: (row) => row.observed?.inventory == null ? <Missing reason={retail.notReported} /> : count(row.observed.inventory), value: (row) => row.observed?.inventory ?? null, isNumber: true },
    { id: "age", title: t.age, cell: (row) => row.observed === null ? <Missing reason={retail.noRecentPoint} /> : <span className="nowrap" title={instantText(row.observed.observed_at)}>{common.ago(duration(row.observed.age_s))}</span>, value: (row) => row.observed?.age_s ?? null, isNumber: true },
    { id: "actions", title: t.actions, cell: (row) => <Actions row={row} ask={ask} /> },
  ];
}

function Observed({ row }: { row: PriceRow }) {
  if (row.observed === null) return <Missing reason={retail.noRecentPoint} />;
  const { promotion, price_minor } = row.observed;
  return <>{minorMoney(price_minor, row.currency)}{promotion !== null && <div><Badge tone="info">{t.promotion(promotion)}</Badge></div>}</>;
}

function Approved({ row }: { row: PriceRow }) {
  if (row.approved === null) return <Missing reason={retail.notApproved} />;
  const { price_minor, currency, source, starts_at, ends_at } = row.approved;
  return (
    <>
      {minorMoney(price_minor, currency)}
      <div className="quiet">{t.since(instantText(starts_at), retail.sources[source])}{ends_at !== null && `, ${t.until(instantText(ends_at))}`}</div>
    </>
  );
}

function Gap({ row }: { row: PriceRow }) {
  const gap = priceGap(row);
  if (gap === null) return <Missing reason={row.observed === null ? retail.noRecentPoint : retail.notApproved} />;
  return isApart(row) ? <Badge tone="warn">{change(gap, 1)}</Badge> : <span>{change(gap, 1)}</span>;
}

function Actions({ row, ask }: { row: PriceRow; ask: (asked: Asked) => void }) {
  return (
    <div className="row nowrap">
      <Button isSmall onPress={() => ask({ kind: "set", row })}>{t.setPrice}</Button>
      {row.approved !== null && <Button isSmall onPress={() => ask({ kind: "roll-back", row })}>{t.rollBack}</Button>}
    </div>
  );
}
