import { useGet, type Schema } from "../../api/client";
import { Card, DataView, Facts, Page, Table, type Column } from "../../design";
import { instantText } from "../../format/time";
import { retail, ruleSets as t } from "../../text/en/retail";
import { CheckRules } from "./CheckRules";
import { describeOverride, describeTier, describeValue, readRules, type LadderRow, type OverrideRow } from "./rule-texts";

type Stored = Schema<"StoredRuleSetSummary">;

export default function Rules() {
  const query = useGet("/api/retail/rules");
  return (
    <Page title={t.title} lead={t.lead}>
      <DataView query={query}>{(data) => <Content data={data} />}</DataView>
    </Page>
  );
}

function Content({ data }: { data: Schema<"RetailRulesResponse"> }) {
  const rules = readRules(data.rules);
  return (
    <>
      <Card title={t.inForce}>
        <div className="stack">
          <Facts rows={[[t.version, rules.version], [t.digest, <span key="digest" className="mono">{data.digest}</span>], [t.since, data.valid_from === null ? t.reference : instantText(data.valid_from)]]} />
          <div>
            <h3>{t.order}</h3>
            <ol className="retail-reasons">{Object.values(retail.rules).map((name) => <li key={name}>{name}</li>)}</ol>
          </div>
        </div>
      </Card>
      <Card title={t.defaults}><Facts rows={Object.entries(t.names).map(([name, label]) => [label, describeValue(name, rules.defaults[name])] as const)} /></Card>
      <CheckRules />
      <Card title={t.overrides}>
        {rules.overrides.length === 0 ? <p className="quiet">{t.noOverrides}</p> : <Table caption={t.overrides} columns={OVERRIDE_COLUMNS} rows={rules.overrides} rowKey={(row) => row.id} />}
      </Card>
      <Card title={t.ladders}><Table caption={t.ladders} columns={LADDER_COLUMNS} rows={rules.ladders} rowKey={(row) => row.currency} isPlain /></Card>
      <Card title={t.stored}>
        {data.stored.length === 0 ? <p className="quiet">{t.noneStored}</p> : <Table caption={t.stored} columns={STORED_COLUMNS} rows={data.stored} rowKey={(row) => String(row.number)} />}
      </Card>
    </>
  );
}

const LADDER_COLUMNS: readonly Column<LadderRow>[] = [
  { id: "currency", title: t.currency, cell: (row) => row.currency, isHeader: true },
  { id: "tiers", title: t.tiers, cell: (row) => <>{row.tiers.map((tier) => <div key={describeTier(tier)}>{describeTier(tier)}</div>)}</> },
];

const OVERRIDE_COLUMNS: readonly Column<OverrideRow>[] = [
  { id: "selector", title: t.selector, cell: (row) => row.selector, value: (row) => row.selector, isHeader: true },
  { id: "values", title: t.values, cell: (row) => describeOverride(row), value: (row) => describeOverride(row) },
];

const STORED_COLUMNS: readonly Column<Stored>[] = [
  { id: "version", title: t.version, cell: (row) => row.version, value: (row) => row.version, isHeader: true },
  { id: "from", title: t.from, cell: (row) => instantText(row.valid_from), value: (row) => row.valid_from },
  { id: "by", title: t.by, cell: (row) => <>{row.put_by}<div className="quiet">{row.reason}</div></>, value: (row) => row.put_by },
];
