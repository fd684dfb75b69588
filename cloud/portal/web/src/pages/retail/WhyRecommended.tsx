import { Card, Empty, Facts, Table, type Column } from "../../design";
import { Missing } from "../../format/Missing";
import { minorMoney } from "../../format/money";
import { decimal, share } from "../../format/number";
import { instantText } from "../../format/time";
import { retail, review as t } from "../../text/en/retail";
import type { Recommendation } from "./Recommendations";

type Evidence = Recommendation["evidence"];
type Alternative = Evidence["alternatives"][number];

/** Why a price is recommended, as it was explained when it was proposed. */
export function WhyRecommended({ one }: { one: Recommendation | undefined }) {
  if (one === undefined) return <Card title={t.details}><Empty title={t.noDetails} /></Card>;
  const { evidence, currency } = one;
  return (
    <Card title={t.details}>
      <div className="stack">
        <Facts rows={[
          [t.where, `${one.product} · ${one.store}`],
          [t.now, minorMoney(one.current_minor, currency)],
          [t.recommended, minorMoney(one.price_minor, currency)],
          [t.range, <Range key="range" evidence={evidence} currency={currency} />],
          [t.confidence, evidence.confidence === null ? <Missing key="none" reason={retail.noEstimate} /> : share(evidence.confidence)],
          [t.validUntil, instantText(one.valid_until)],
        ]} />
        <Reasons evidence={evidence} currency={currency} />
        {evidence.alternatives.length > 0 && <Table caption={t.alternatives} columns={listColumns(currency)} rows={evidence.alternatives} rowKey={(row) => row.kind} isPlain />}
        <p className="quiet">{t.proposedBy(one.proposed_by, instantText(one.proposed_at))}</p>
      </div>
    </Card>
  );
}

function Range({ evidence, currency }: { evidence: Evidence; currency: string }) {
  if (evidence.low_minor === null || evidence.high_minor === null) return <Missing reason={retail.noEstimate} />;
  return <>{t.rangeText(minorMoney(evidence.low_minor, currency), minorMoney(evidence.high_minor, currency))}</>;
}

function Reasons({ evidence, currency }: { evidence: Evidence; currency: string }) {
  const rules = evidence.binding.map((one) => t.rule(retail.rules[one.rule] ?? one.rule, minorMoney(one.found_minor, currency), minorMoney(one.limit_minor, currency)));
  return (
    <>
      {evidence.note !== null && <p>{evidence.note}</p>}
      {evidence.reasons.length > 0 && (
        <div>
          <h3>{t.reasons}</h3>
          <ul className="retail-reasons">{evidence.reasons.map((one) => <li key={one.code}>{one.sentence}</li>)}</ul>
        </div>
      )}
      {rules.length > 0 && (
        <div>
          <h3>{t.rulesTitle}</h3>
          <ul className="retail-reasons">{rules.map((text) => <li key={text}>{text}</li>)}</ul>
        </div>
      )}
    </>
  );
}

function listColumns(currency: string): readonly Column<Alternative>[] {
  return [
    { id: "kind", title: t.alternatives, cell: (row) => t.alternativeKinds[row.kind] ?? row.kind, isHeader: true },
    { id: "price", title: t.alternative, cell: (row) => minorMoney(row.price_minor, currency), isNumber: true },
    { id: "units", title: t.units, cell: (row) => row.expected === null ? <Missing reason={retail.noEstimate} /> : decimal(row.expected.units.value), isNumber: true },
    { id: "margin", title: t.margin, cell: (row) => row.expected?.margin_minor == null ? <Missing reason={retail.noCost} /> : minorMoney(Math.round(row.expected.margin_minor.value), currency), isNumber: true },
  ];
}
