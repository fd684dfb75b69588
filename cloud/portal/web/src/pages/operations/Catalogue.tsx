import { useMemo } from "react";
import { useGet, type Schema } from "../../api/client";
import { Badge, Button, DataView, Empty, Figure, Figures, Page, Select, Table, TextField, type Column } from "../../design";
import { Missing } from "../../format/Missing";
import { count } from "../../format/number";
import { ago, dateText, duration } from "../../format/time";
import { useSearchText } from "../../routing/address";
import { catalogue as t } from "../../text/en/operations/data";
import { TableDialog } from "./catalogue/TableDialog";
import "./operations.css";

type Row = Schema<"CatalogueTable">;
const ANY = "any";

export default function Catalogue() {
  const query = useGet("/api/catalogue");
  const [table, setTable] = useSearchText("table");
  return (
    <Page title={t.title} lead={t.lead}>
      <DataView query={query} isEmpty={(data) => !data.configured} empty={<Empty title={t.notConfigured}>{t.notConfiguredDetail}</Empty>}>
        {(data) => <Tables tables={data.tables} readAt={data.read_at} onOpen={setTable} />}
      </DataView>
      {table !== "" && <TableDialog name={table} onOpen={setTable} onClose={() => setTable("")} />}
    </Page>
  );
}

function Tables({ tables, readAt, onOpen }: { tables: readonly Row[]; readAt: string | null; onOpen: (name: string) => void }) {
  const [words, setWords] = useSearchText("q");
  const [zone, setZone] = useSearchText("zone");
  const shown = useMemo(() => tables.filter((one) => (zone === "" || one.zone === zone) && isMatch(one, words)), [tables, words, zone]);
  const zones = [{ value: ANY, label: t.everyZone }, ...Object.entries(t.zones).map(([value, label]) => ({ value, label }))];
  return (
    <>
      <Totals tables={tables} />
      <div className="fields">
        <TextField label={t.search} value={words} onChange={setWords} maxLength={80} />
        <Select label={t.zone} choices={zones} value={zone || ANY} onChange={(value) => setZone(value === ANY ? "" : value)} />
      </div>
      {shown.length === 0 ? <Empty title={t.empty} /> : <Table caption={t.title} columns={newColumns(onOpen)} rows={shown} rowKey={(one) => one.name} />}
      {readAt !== null && <p className="quiet">{t.readAt(ago(readAt))}</p>}
    </>
  );
}

const isMatch = (one: Row, words: string): boolean => `${one.name} ${one.description} ${one.owner ?? ""}`.toLowerCase().includes(words.toLowerCase());

function Totals({ tables }: { tables: readonly Row[] }) {
  const sum = (value: (one: Row) => number) => tables.reduce((all, one) => all + value(one), 0);
  return (
    <Figures>
      <Figure label={t.figures.tables} value={count(tables.length)} />
      <Figure label={t.figures.rows} value={count(sum((one) => one.rows))} />
      <Figure label={t.figures.late} value={count(sum((one) => Number(one.is_late)))} />
      <Figure label={t.figures.failed} value={count(sum((one) => one.rules_failed ?? 0))} />
      <Figure label={t.figures.quarantined} value={count(sum((one) => one.quarantined_rows))} />
    </Figures>
  );
}

function newColumns(onOpen: (name: string) => void): readonly Column<Row>[] {
  return [
    { id: "name", title: t.columns.name, isHeader: true, value: (one) => one.name, cell: (one) => <span className="name-button mono"><Button isSmall variant="plain" onPress={() => onOpen(one.name)}>{one.name}</Button></span> },
    { id: "description", title: t.columns.description, value: (one) => one.description, cell: (one) => one.description },
    { id: "rows", title: t.columns.rows, isNumber: true, value: (one) => one.rows, cell: (one) => (one.newest_on === null ? <Missing reason={t.noRows} /> : count(one.rows)) },
    { id: "newest", title: t.columns.newest, value: (one) => one.newest_on, cell: (one) => (one.newest_on === null ? <Missing reason={t.noRows} /> : dateText(one.newest_on)) },
    { id: "freshness", title: t.columns.freshness, value: (one) => (one.is_late ? t.late : t.current), cell: (one) => <Freshness table={one} /> },
    { id: "quality", title: t.columns.quality, value: (one) => one.rules_failed, cell: (one) => <Quality failed={one.rules_failed} /> },
    { id: "quarantined", title: t.columns.quarantined, isNumber: true, value: (one) => one.quarantined_rows, cell: (one) => count(one.quarantined_rows) },
  ];
}

function Freshness({ table }: { table: Row }) {
  if (table.is_late) return <Badge tone="bad">{t.late}</Badge>;
  if (table.freshness_s === null) return <span className="quiet">{t.noPromise}</span>;
  return table.committed_at === null ? <Missing reason={t.noRows} /> : <><Badge tone="good">{t.current}</Badge> <span className="quiet">{t.within(duration(table.freshness_s))}</span></>;
}

function Quality({ failed }: { failed: number | null }) {
  if (failed === null) return <Missing reason={t.notChecked} />;
  return failed === 0 ? <Badge tone="good">{t.passed}</Badge> : <Badge tone="bad">{t.failed(failed)}</Badge>;
}
