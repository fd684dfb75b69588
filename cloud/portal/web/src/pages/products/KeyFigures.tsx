import { useGet, type Schema } from "../../api/client";
import { Bars } from "../../charts/Bars";
import { ChartTable } from "../../charts/ChartTable";
import { Card, DataView, Empty, Notice, Select, type Column } from "../../design";
import { count } from "../../format/number";
import { ago, dateText, monthText } from "../../format/time";
import { toSentence } from "../../format/words";
import { useSearchText } from "../../routing/address";
import { products as t } from "../../text/en/products";
import { valueCell, valueText, type Unit } from "./values";

type Kpi = Schema<"KpiDocument">;
type Point = Schema<"KpiPointDocument">;
type Grain = keyof typeof t.grains;
const EVERY_MS = 10_000;
const SHOWN = 24;
const NOTHING = "-";

/** A key figure by period and, if asked for, one dimension; the newest periods first. */
export function KeyFigures({ product, kpis }: { product: string; kpis: readonly Kpi[] }) {
  const [name, setName] = useSearchText("kpi");
  const [grain, setGrain] = useSearchText("grain");
  const [by, setBy] = useSearchText("by");
  const kpi = kpis.find((one) => one.name === name) ?? kpis[0];
  if (kpi === undefined) return null;
  const groups = kpi.dimensions.includes(by) ? [by] : [];
  return (
    <Card title={t.kpis}>
      <div className="fields">
        <Select label={t.kpi} choices={kpis.map((one) => ({ value: one.name, label: one.title }))} value={kpi.name} onChange={setName} />
        <Select label={t.grain} choices={Object.entries(t.grains).map(([value, label]) => ({ value, label }))} value={grain || "month"} onChange={setGrain} />
        <Select label={t.by} choices={[{ value: NOTHING, label: t.whole }, ...kpi.dimensions.map((one) => ({ value: one, label: toSentence(one) }))]} value={groups[0] ?? NOTHING} onChange={(value) => setBy(value === NOTHING ? "" : value)} />
      </div>
      <p className="quiet">{kpi.description}</p>
      <Answer product={product} kpi={kpi} grain={(grain || "month") as Grain} by={groups} />
    </Card>
  );
}

function Answer({ product, kpi, grain, by }: { product: string; kpi: Kpi; grain: Grain; by: string[] }) {
  const asked = { grain, by, order: "-starts_on", limit: SHOWN };
  const query = useGet("/api/data-products/{product}/kpis/{kpi}", { params: { path: { product, kpi: kpi.name }, query: asked } }, { refetchInterval: EVERY_MS });
  return (
    <DataView query={query} isEmpty={(data) => data.points.length === 0} empty={<Empty title={t.noRows}>{t.noRowsDetail}</Empty>}>
      {(data) => (
        <>
          {data.problem !== null && <Notice tone="warn" title={t.oldRows}>{data.problem}</Notice>}
          <Bars caption={data.title} rows={data.points.map((point) => ({ id: keyOf(point), label: labelOf(point, grain), note: point.is_complete ? undefined : t.incomplete, value: point.value }))} format={(value) => valueText(value, data.unit)} />
          <ChartTable caption={data.title} columns={newColumns(data.unit, grain, by)} rows={data.points} rowKey={keyOf} />
          <p className="quiet">{data.data_until !== null && t.until(dateText(data.data_until))} {t.readAt(ago(data.read_at))}</p>
        </>
      )}
    </DataView>
  );
}

const namesOf = (point: Point): string => Object.values(point.dimensions).map((value) => String(value ?? "—")).join(", ");
const keyOf = (point: Point): string => `${point.starts_on} ${namesOf(point)}`;
const labelOf = (point: Point, grain: Grain): string => [periodText(point.starts_on, grain), namesOf(point)].filter(Boolean).join(", ");

function periodText(startsOn: string, grain: Grain): string {
  if (grain === "year") return startsOn.slice(0, 4);
  return grain === "month" ? monthText(startsOn) : dateText(startsOn);
}

function newColumns(unit: Unit, grain: Grain, by: readonly string[]): readonly Column<Point>[] {
  const group: Column<Point> = { id: "group", title: t.group, value: namesOf, cell: namesOf };
  return [
    { id: "period", title: t.period, isHeader: true, value: (one) => one.starts_on, cell: (one) => periodText(one.starts_on, grain) },
    ...(by.length > 0 ? [group] : []),
    { id: "value", title: t.value, isNumber: true, value: (one) => one.value, cell: (one) => valueCell(one.value, unit) },
    { id: "base", title: t.base, isNumber: true, value: (one) => one.base, cell: (one) => (one.base === null ? "" : count(one.base)) },
  ];
}
