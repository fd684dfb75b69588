import type { ReactNode } from "react";
import { useGet, type Schema } from "../../../api/client";
import { Button, DataView, Dialog, Facts, Table, type Column } from "../../../design";
import { count } from "../../../format/number";
import { dateText, duration } from "../../../format/time";
import { operations } from "../../../text/en/operations";
import { common } from "../../../text/en";
import { catalogue as t } from "../../../text/en/operations/data";
import { RuleTable } from "./RuleTable";

type Detail = Schema<"CatalogueTableDetail">;
type Quarantined = Schema<"QuarantinedRows">;
type LakeColumn = Schema<"CatalogueColumn">;

export interface TableDialogProps {
  name: string;
  /** Opens another table of the lineage. */
  onOpen: (name: string) => void;
  onClose: () => void;
}

export function TableDialog({ name, onOpen, onClose }: TableDialogProps) {
  const query = useGet("/api/catalogue/{table}", { params: { path: { table: name } } });
  return (
    <Dialog title={name} isOpen isWide onClose={onClose} actions={<Button onPress={onClose}>{common.close}</Button>}>
      <DataView query={query}>{(table) => <Content table={table} onOpen={onOpen} />}</DataView>
    </Dialog>
  );
}

function Content({ table, onOpen }: { table: Detail; onOpen: (name: string) => void }) {
  return (
    <div className="stack">
      <p>{table.description}</p>
      <h3>{t.lineage}</h3>
      <Facts rows={[[t.sources, <Names names={table.sources} onOpen={onOpen} />], [t.targets, <Names names={table.targets} onOpen={onOpen} />], [t.consumers, table.consumers.join("; ") || operations.none]]} />
      {table.contract !== null && <><h3>{t.contract}</h3><Facts rows={listContract(table.contract)} /></>}
      {table.rules.length > 0 && <><h3>{t.rules}</h3><RuleTable rules={table.rules} checkedOn={table.checked_on} /></>}
      {table.quarantine.length > 0 && <><h3>{t.quarantine}</h3><Table caption={t.quarantine} columns={QUARANTINE} rows={table.quarantine} rowKey={(one) => one.rule} isPlain /></>}
      {table.holds.length > 0 && <><h3>{t.holds}</h3><ul>{table.holds.map((one) => <li key={`${one.first_on} ${one.reason}`}>{dateText(one.first_on)} – {dateText(one.last_on)}: {one.reason}</li>)}</ul></>}
      <h3>{t.columnsTitle}</h3>
      <Table caption={t.columnsTitle} columns={COLUMNS} rows={table.columns} rowKey={(one) => one.name} isPlain />
    </div>
  );
}

/** Tables of the lake lead to themselves; those of the database are names. */
function Names({ names, onOpen }: { names: readonly string[]; onOpen: (name: string) => void }) {
  if (names.length === 0) return <>{operations.none}</>;
  const isOfLake = (name: string) => Object.keys(t.zones).some((zone) => name.startsWith(`${zone}.`));
  return <span className="row">{names.map((name) => (isOfLake(name) ? <Button key={name} isSmall onPress={() => onOpen(name)}>{name}</Button> : <span key={name} className="mono">{name}</span>))}</span>;
}

function listContract(contract: Schema<"CatalogueContract">): readonly (readonly [string, ReactNode])[] {
  const facts = t.contractFacts;
  return [
    [facts.owner, contract.owner],
    [facts.version, `${contract.version}, ${contract.status}`],
    [facts.purpose, contract.purpose],
    [facts.usage, contract.usage],
    [facts.limitations, contract.limitations],
    [facts.identity, contract.identity.join(", ") || t.twice],
    [facts.freshness, contract.freshness_s === null ? t.noPromise : t.within(duration(contract.freshness_s))],
    [facts.retention, contract.retention_s === null ? t.notDeleted : duration(contract.retention_s)],
  ];
}

const QUARANTINE: readonly Column<Quarantined>[] = [
  { id: "rule", title: t.quarantineColumns.rule, isHeader: true, cell: (one) => <span className="mono">{one.rule}</span> },
  { id: "rows", title: t.quarantineColumns.rows, isNumber: true, cell: (one) => count(one.rows) },
  { id: "days", title: t.quarantineColumns.days, cell: (one) => `${dateText(one.first_on)} – ${dateText(one.last_on)}` },
  { id: "sample", title: t.quarantineColumns.sample, cell: (one) => one.sample },
];

const COLUMNS: readonly Column<LakeColumn>[] = [
  { id: "name", title: t.columnColumns.name, isHeader: true, value: (one) => one.name, cell: (one) => <span className="mono">{one.name}</span> },
  { id: "type", title: t.columnColumns.type, value: (one) => one.type, cell: (one) => one.type },
  { id: "nullable", title: t.columnColumns.nullable, value: (one) => (one.nullable ? t.yes : t.no), cell: (one) => (one.nullable ? t.yes : t.no) },
  { id: "description", title: t.columnColumns.description, cell: (one) => one.description },
];
