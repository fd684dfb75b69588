import type { Schema } from "../../../api/client";
import { Badge, Table, type Column } from "../../../design";
import { Missing } from "../../../format/Missing";
import { count } from "../../../format/number";
import { dateText } from "../../../format/time";
import { catalogue as t } from "../../../text/en/operations/data";

type Rule = Schema<"CatalogueRule">;

const COLUMNS: readonly Column<Rule>[] = [
  { id: "name", title: t.ruleColumns.name, isHeader: true, value: (one) => one.name, cell: (one) => <span className="mono">{one.name}</span> },
  { id: "description", title: t.ruleColumns.description, cell: (one) => one.reason ?? one.description },
  { id: "outcome", title: t.ruleColumns.outcome, value: (one) => one.outcome, cell: (one) => <Outcome outcome={one.outcome} /> },
  { id: "checked", title: t.ruleColumns.checked, isNumber: true, value: (one) => one.rows_checked, cell: (one) => (one.rows_checked === null ? <Missing reason={t.notChecked} /> : count(one.rows_checked)) },
  { id: "failed", title: t.ruleColumns.failed, isNumber: true, value: (one) => one.rows_failed, cell: (one) => (one.rows_failed === null ? <Missing reason={t.notChecked} /> : count(one.rows_failed)) },
];

export function RuleTable({ rules, checkedOn }: { rules: readonly Rule[]; checkedOn: string | null }) {
  return (
    <>
      {checkedOn !== null && <p className="quiet">{t.checkedOn(dateText(checkedOn))}</p>}
      <Table caption={t.rules} columns={COLUMNS} rows={rules} rowKey={(one) => one.name} isPlain />
    </>
  );
}

function Outcome({ outcome }: { outcome: string | null }) {
  if (outcome === null) return <Missing reason={t.notChecked} />;
  return <Badge tone={outcome === "passed" ? "good" : "bad"}>{t.outcomes[outcome] ?? outcome}</Badge>;
}
