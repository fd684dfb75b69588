import { useState } from "react";
import { useGet } from "../../api/client";
import { Button, Card, DataView, Empty, NotObserved, Notice, Page, Select, Table, type Column } from "../../design";
import { Missing } from "../../format/Missing";
import { money } from "../../format/money";
import { change, decimal, share } from "../../format/number";
import { useSearchText } from "../../routing/address";
import { prices, retail, scenario as t } from "../../text/en/retail";
import { CurvePlot, TRADE_OFF_LINES } from "./CurvePlot";
import { AS_NOW, toQuestion, type Settings } from "./scenario-question";
import { SavedScenarios } from "./SavedScenarios";
import { Filters, useProducts } from "./shared";
import { Slider } from "./Slider";
import { useScenario, type ScenarioAnswer } from "./use-scenario";

type Week = ScenarioAnswer["totals"]["current"];
type Store = ScenarioAnswer["stores"][number];

export default function Scenarios() {
  const products = useProducts();
  const [asked, setProduct] = useSearchText("product");
  const product = asked || products[0] || "";
  const known = useGet("/api/retail/prices");
  return (
    <Page title={t.title} lead={t.lead}>
      <Filters><Select label={retail.product} choices={products.map((name) => ({ value: name, label: name }))} value={product || null} onChange={setProduct} /></Filters>
      <DataView query={known} isEmpty={(data) => data.prices.length === 0} empty={<Empty title={prices.none}>{prices.noneDetail}</Empty>}>
        {(data) => <Case key={product} product={product} present={meanPrice(data.prices.filter((row) => row.product === product))} />}
      </DataView>
    </Page>
  );
}

/** The mean observed price in minor units; null without one. */
function meanPrice(rows: readonly { observed: { price_minor: number } | null }[]): number | null {
  const found = rows.flatMap((row) => (row.observed === null ? [] : [row.observed.price_minor]));
  return found.length === 0 ? null : Math.round(found.reduce((sum, one) => sum + one, 0) / found.length);
}

function Case({ product, present }: { product: string; present: number | null }) {
  const [settings, setSettings] = useState<Settings>(AS_NOW);
  const set = (changed: Partial<Settings>) => setSettings((before) => ({ ...before, ...changed }));
  const base = useScenario({ product });
  const question = toQuestion(product, settings, present, base.data?.currency);
  const query = useScenario(question);
  const priceText = settings.price === null || present === null || base.data === undefined ? t.recommended : `${money(question.price as string, base.data.currency)} (${change(settings.price - 1)})`;
  return (
    <>
      <Card title={t.settings} actions={<Button isSmall onPress={() => setSettings(AS_NOW)}>{t.reset}</Button>}>
        <div className="retail-sliders">
          <Slider label={t.price} value={settings.price ?? 1} min={0.7} max={1.3} step={0.01} text={priceText} onChange={(price) => set({ price })} />
          <Slider label={t.cost} value={settings.cost} min={-0.3} max={0.3} step={0.01} text={settings.cost === 0 ? t.asNow : change(settings.cost)} onChange={(cost) => set({ cost })} />
          <Slider label={t.competitor} value={settings.competitor} min={-0.3} max={0.3} step={0.01} text={settings.competitor === 0 ? t.asNow : change(settings.competitor)} onChange={(competitor) => set({ competitor })} />
          <Slider label={t.move} value={settings.move ?? 0.15} min={0} max={0.5} step={0.01} text={settings.move === null ? t.asNow : share(settings.move)} onChange={(move) => set({ move })} />
        </div>
      </Card>
      <DataView query={query}>{(answer) => <Answer answer={answer} mark={settings.price ?? undefined} />}</DataView>
      <SavedScenarios product={product} question={question} />
    </>
  );
}

function Answer({ answer, mark }: { answer: ScenarioAnswer; mark: number | undefined }) {
  const { currency, totals, curve } = answer;
  const rows = (["current", "recommended", "scenario", "examined"] as const).map((id) => ({ id, week: totals[id] }));
  return (
    <>
      <Card title={t.totals}><Table caption={t.totals} columns={totalColumns(currency)} rows={rows.filter((row) => row.week !== null || row.id !== "examined")} rowKey={(row) => row.id} isPlain /></Card>
      <Card title={t.curve}>
        {curve.points.every((one) => one.expected === null) ? <NotObserved title={retail.noEstimate} /> : <CurvePlot label={t.curve} points={curve.points} lines={TRADE_OFF_LINES} mark={mark} />}
        <p className="quiet">{t.curveNote}</p>
      </Card>
      <Card title={t.stores}>
        {answer.missing_stores.length > 0 && <Notice>{t.missing(answer.missing_stores.join(", "))}</Notice>}
        <Table caption={t.stores} columns={storeColumns(currency)} rows={answer.stores} rowKey={(row) => row.store} />
      </Card>
    </>
  );
}

function totalColumns(currency: string): readonly Column<{ id: string; week: Week }>[] {
  return [
    { id: "which", title: t.which, cell: (row) => t.rows[row.id] ?? row.id, isHeader: true },
    { id: "units", title: t.volume, cell: ({ week }) => week === null ? <Missing reason={retail.noEstimate} /> : decimal(week.units.value), isNumber: true },
    { id: "revenue", title: t.revenue, cell: ({ week }) => week === null ? <Missing reason={retail.noEstimate} /> : money(week.revenue.value, currency), isNumber: true },
    { id: "margin", title: t.margin, cell: ({ week }) => week?.margin == null ? <Missing reason={retail.noCost} /> : <>{money(week.margin.value, currency)}<div className="quiet">{money(week.margin.low, currency)} … {money(week.margin.high, currency)}</div></>, isNumber: true },
  ];
}

function storeColumns(currency: string): readonly Column<Store>[] {
  return [
    { id: "store", title: retail.store, cell: (row) => row.store, value: (row) => row.store, isHeader: true },
    { id: "now", title: t.priceNow, cell: (row) => money(row.price_now, currency), value: (row) => Number(row.price_now), isNumber: true },
    { id: "then", title: t.priceThen, cell: (row) => money(row.scenario.price, currency), value: (row) => row.scenario.price_minor, isNumber: true },
    { id: "breaks", title: t.breaks, cell: (row) => row.examined === null ? <Missing reason={t.recommended} /> : row.examined.breaks.map((one) => retail.rules[one] ?? one).join(", ") || t.noRule, value: (row) => row.examined?.breaks.length ?? null },
  ];
}
