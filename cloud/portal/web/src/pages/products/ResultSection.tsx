import { useState } from "react";
import { useGet, type Schema } from "../../api/client";
import { Bars } from "../../charts/Bars";
import { Card, DataView, Empty, Figure, Figures, Table, TextField, type Column } from "../../design";
import { ago } from "../../format/time";
import { products as t } from "../../text/en/products";
import { isNumeric, valueCell, valueText, type Cell } from "./values";

type Detail = Schema<"ProductDetail">;
type Section = Schema<"SectionDocument">;
type Answer = Schema<"TableResponse">;
type Row = readonly Cell[];
const EVERY_MS = 10_000;
const MOST_BARS = 36;

/** One part of a product's page, read again every few seconds. */
export function ResultSection({ product, section }: { product: Detail; section: Section }) {
  const [words, setWords] = useState("");
  const canSearch = section.show === "table" && product.tables.some((one) => one.table === section.table && one.can_search);
  const path = { product: product.name, table: section.table };
  const query = useGet("/api/data-products/{product}/tables/{table}", { params: { path, query: words === "" ? {} : { search: words } } }, { refetchInterval: EVERY_MS });
  return (
    <Card title={section.title}>
      {canSearch && <TextField label={t.search} value={words} onChange={setWords} maxLength={100} />}
      <DataView query={query} isEmpty={(data) => data.rows.length === 0 && words === ""} empty={<Empty title={t.noRows}>{t.noRowsDetail}</Empty>}>
        {(data) => <Shown section={section} answer={data} />}
      </DataView>
    </Card>
  );
}

function Shown({ section, answer }: { section: Section; answer: Answer }) {
  const rows = answer.rows as readonly Row[];
  return (
    <>
      {section.show === "figures" && <FirstRow answer={answer} row={rows[0] ?? []} />}
      {(section.show === "bars" || section.show === "line") && <Charts section={section} answer={answer} rows={rows} />}
      {section.show === "table" && <Table caption={section.title} columns={newColumns(answer)} rows={rows} rowKey={(row) => row.map(String).join("|")} />}
      <p className="quiet">{t.rows(rows.length, answer.total)}{answer.computed_at !== null && ` · ${t.computed(ago(answer.computed_at))}`}</p>
    </>
  );
}

function FirstRow({ answer, row }: { answer: Answer; row: Row }) {
  return <Figures>{answer.columns.map((column, at) => <Figure key={column.name} label={column.title} value={row[at] == null ? null : valueText(row[at], column.unit)} />)}</Figures>;
}

function Charts({ section, answer, rows }: { section: Section; answer: Answer; rows: readonly Row[] }) {
  const find = (name: string | null) => answer.columns.findIndex((column) => column.name === name);
  const x = find(section.x);
  const unit = answer.columns[x]?.unit;
  if (unit === undefined) return null;
  return (
    <div className="stack">
      {section.y.map((name) => {
        const at = find(name);
        const column = answer.columns[at];
        if (column === undefined) return null;
        const bars = rows.slice(0, MOST_BARS).map((row, index) => ({ id: String(index), label: valueText(row[x] ?? "", unit), note: currencyOf(answer, row), value: typeof row[at] === "number" ? row[at] : null }));
        return <div key={name}>{section.y.length > 1 && <h3>{column.title}</h3>}<Bars caption={`${section.title}: ${column.title}`} rows={bars} format={(value) => valueText(value, column.unit)} /></div>;
      })}
    </div>
  );
}

function currencyOf(answer: Answer, row: Row): string | undefined {
  const value = row[answer.columns.findIndex((column) => column.name === "currency")];
  return typeof value === "string" ? value : undefined;
}

function newColumns(answer: Answer): readonly Column<Row>[] {
  return answer.columns.map((column, at) => ({
    id: column.name,
    title: column.title,
    isHeader: at === 0,
    isNumber: isNumeric(column.unit),
    value: (row) => { const value = row[at] ?? null; return typeof value === "boolean" ? String(value) : value; },
    cell: (row) => valueCell(row[at] ?? null, column.unit, currencyOf(answer, row)),
  }));
}
