import { useState } from "react";
import { useGet, type Schema } from "../../api/client";
import { Button, Card, DataView, Empty, Link, NumberField, Page, Table, type Column } from "../../design";
import { Missing } from "../../format/Missing";
import { decimal, share } from "../../format/number";
import { money } from "../../format/money";
import { useSearchText } from "../../routing/address";
import { analytics } from "../../text/en/analytics";
import { IntervalBar } from "./IntervalBar";
import { ViewTools } from "./SaveView";
import { useFilter } from "./use-filter";

const t = analytics.campaigns;
type Row = Schema<"CampaignReturnDocument">;

export default function Campaigns() {
  const { search } = useFilter();
  const [value, setValue] = useSearchText("value");
  const [after, setAfter] = useState<string>();
  const asked = { ...(after ? { after } : {}), ...(Number(value) > 0 ? { value_per_thousand: value } : {}) };
  const query = useGet("/api/analytics/campaigns", { params: { query: asked } });
  return (
    <Page title={t.title} lead={t.lead} actions={<ViewTools page="campaigns" search={search} />}>
      <Card>
        <div className="fields">
          <NumberField label={t.value} description={t.valueNote} minValue={0} value={value === "" ? NaN : Number(value)} onChange={(number) => setValue(Number.isNaN(number) ? "" : String(number))} />
        </div>
      </Card>
      <DataView query={query} isEmpty={(data) => data.campaigns.length === 0} empty={<Empty title={t.none}>{t.noneDetail}</Empty>}>
        {(data) => (
          <Card title={t.table}>
            <Table caption={t.table} columns={listColumns(data.campaigns)} rows={data.campaigns} rowKey={(row) => row.id} />
            {data.next !== null && <Button onPress={() => setAfter(data.next ?? undefined)}>{t.more}</Button>}
          </Card>
        )}
      </DataView>
    </Page>
  );
}

const currencyOf = (row: Row) => (row.currencies.length === 1 ? (row.currencies[0] ?? null) : null);
const amount = (text: string | null | undefined) => (text === null || text === undefined ? null : Number(text));

function listColumns(rows: readonly Row[]): readonly Column<Row>[] {
  const max = Math.max(...rows.map((one) => one.attention_s_for_money?.high ?? 0), 1);
  const currencies = new Set(rows.map(currencyOf));
  const [only] = currencies;
  const perMoney = currencies.size === 1 && only ? t.perMoney(only) : t.perMoneyPlain;
  return [
    { id: "name", title: t.campaign, cell: (row) => <Link to={`/campaigns/${row.id}`}>{row.name}</Link>, value: (row) => row.name, isHeader: true },
    { id: "advertiser", title: t.advertiser, cell: (row) => row.advertiser, value: (row) => row.advertiser },
    { id: "price", title: t.price, cell: (row) => priced(row, row.price), value: (row) => amount(row.price), isNumber: true },
    { id: "return", title: perMoney, cell: (row) => <ReturnBar row={row} max={max} />, value: (row) => row.attention_s_for_money?.value ?? null },
    { id: "return_low", title: "P10", cell: (row) => seconds(row.attention_s_for_money?.low), value: (row) => row.attention_s_for_money?.low ?? null, isNumber: true },
    { id: "return_high", title: "P90", cell: (row) => seconds(row.attention_s_for_money?.high), value: (row) => row.attention_s_for_money?.high ?? null, isNumber: true },
    { id: "cost", title: t.cost, cell: (row) => priced(row, row.cost_per_thousand?.value), value: (row) => amount(row.cost_per_thousand?.value), isNumber: true },
    { id: "cost_range", title: `${t.cost}, P10–P90`, cell: (row) => <span className="analytics-limit">{costRange(row)}</span>, value: (row) => (row.cost_per_thousand === null ? null : t.range(row.cost_per_thousand.low, row.cost_per_thousand.high)) },
    { id: "cost_attention", title: t.costAttention, cell: (row) => priced(row, row.cost_per_thousand_attention_s?.value), value: (row) => amount(row.cost_per_thousand_attention_s?.value), isNumber: true },
    { id: "roi", title: t.roi, cell: (row) => (row.roi === null ? <Missing reason={t.valueNote} /> : <RoiText roi={row.roi} />), value: (row) => amount(row.roi?.value), isNumber: true },
    { id: "measured", title: t.measured, cell: (row) => orMissing(row.measured_share), value: (row) => row.measured_share, isNumber: true },
    { id: "observed", title: t.observed, cell: (row) => orMissing(row.observed_share), value: (row) => row.observed_share, isNumber: true },
  ];
}

const orMissing = (value: number | null) => (value === null ? <Missing reason={analytics.states.not_observed} /> : share(value));
const seconds = (value: number | undefined) => (value === undefined ? <Missing reason={analytics.states.not_observed} /> : t.seconds(decimal(value)));

function priced(row: Row, text: string | null | undefined) {
  const currency = currencyOf(row);
  return currency === null || text === null || text === undefined ? <Missing /> : money(text, currency);
}

function costRange(row: Row) {
  const [cost, currency] = [row.cost_per_thousand, currencyOf(row)];
  return cost === null || currency === null ? <Missing /> : t.range(money(cost.low, currency), money(cost.high, currency));
}

function RoiText({ roi }: { roi: NonNullable<Row["roi"]> }) {
  const text = (value: string) => share(Number(value));
  return <>{text(roi.value)} <span className="quiet">({t.range(text(roi.low), text(roi.high))})</span></>;
}

function ReturnBar({ row, max }: { row: Row; max: number }) {
  const found = row.attention_s_for_money;
  const label = found === null ? analytics.states.not_observed : `${t.seconds(decimal(found.value))}, ${t.range(decimal(found.low), decimal(found.high))}`;
  return (
    <IntervalBar value={found?.value ?? null} low={found?.low} high={found?.high} max={max} label={label}>
      {found === null ? <Missing reason={analytics.states.not_observed} /> : t.seconds(decimal(found.value))}
    </IntervalBar>
  );
}
