import { useState } from "react";
import type { Schema } from "../../api/client";
import { usePages } from "../../api/pages";
import { Badge, Button, DateField, Empty, Link, Notice, Page, PagedTable, type Column, type Tone } from "../../design";
import { Missing } from "../../format/Missing";
import { minorMoney } from "../../format/money";
import { dateText } from "../../format/time";
import { useSearchText } from "../../routing/address";
import { finance } from "../../text/en/finance";
import { sales } from "../../text/en/sales";
import { AccountChooser, Chooser, toChoices } from "../sales/parts/choosers";
import { Filters } from "../sales/parts/Filters";
import { CreditForm } from "./CreditForm";

type Document = Schema<"DocumentSummary">;
const t = finance.invoices;
const TONES: Record<Document["status"], Tone> = { tentative: "neutral", requested: "warn", final: "good", rejected: "bad" };

export default function Invoices() {
  const [account, setAccount] = useSearchText("account");
  const [kind, setKind] = useSearchText("kind");
  const [status, setStatus] = useSearchText("status");
  const [from, setFrom] = useSearchText("from");
  const [until, setUntil] = useSearchText("until");
  const [credited, setCredited] = useState<Document | null>(null);
  const [isRequested, setRequested] = useState(false);
  const chosen = {
    account: account || undefined, kind: (kind || undefined) as Document["kind"] | undefined, status: (status || undefined) as Document["status"] | undefined,
    issued_from: from || undefined, issued_until: until || undefined,
  };
  const pages = usePages("/api/invoices", chosen, (page) => page.invoices);
  return (
    <Page title={t.title} lead={t.lead}>
      <Filters>
        <AccountChooser value={account} onChange={setAccount} all={sales.shared.everyAccount} />
        <Chooser label={t.kind} choices={toChoices(t.kinds)} value={kind} onChange={setKind} all={t.everyKind} />
        <Chooser label={sales.shared.state} choices={toChoices(t.states)} value={status} onChange={setStatus} all={sales.shared.everyState} />
        <DateField label={t.issuedFrom} value={from} onChange={setFrom} />
        <DateField label={t.issuedUntil} value={until} onChange={setUntil} />
      </Filters>
      {isRequested && <Notice tone="good" isAnnounced>{t.requested}</Notice>}
      <PagedTable pages={pages} empty={<Empty title={t.none}>{t.noneDetail}</Empty>} caption={t.title} columns={listColumns(setCredited)} rowKey={(one) => one.id} />
      {credited !== null && <CreditForm invoice={credited} onClose={() => setCredited(null)} onRequested={() => { setCredited(null); setRequested(true); }} />}
    </Page>
  );
}

function listColumns(credit: (one: Document) => void): readonly Column<Document>[] {
  return [
    { id: "number", title: t.number, cell: (one) => <Link to={`/invoices/${one.id}`}>{one.number ?? t.noNumber}</Link>, value: (one) => one.number, isHeader: true },
    { id: "kind", title: t.kind, cell: (one) => t.kinds[one.kind], value: (one) => t.kinds[one.kind] },
    { id: "status", title: sales.shared.state, cell: (one) => <Badge tone={TONES[one.status]}>{t.states[one.status]}</Badge>, value: (one) => t.states[one.status] },
    { id: "account", title: sales.shared.account, cell: (one) => (one.payer === one.account ? one.account : `${one.account} (${one.payer})`), value: (one) => one.account },
    { id: "period", title: t.period, cell: (one) => `${dateText(one.period_from)} – ${dateText(one.period_until)}`, value: (one) => one.period_from },
    { id: "issued", title: t.issued, cell: (one) => (one.issued_on === null ? <Missing reason={t.noNumber} /> : dateText(one.issued_on)), value: (one) => one.issued_on },
    { id: "due", title: t.due, cell: (one) => (one.due_on === null ? <Missing reason={t.notDue} /> : dateText(one.due_on)), value: (one) => one.due_on },
    { id: "net", title: t.net, cell: (one) => minorMoney(one.net_minor, one.currency), value: (one) => one.net_minor, isNumber: true },
    { id: "total", title: t.total, cell: (one) => minorMoney(one.total_minor, one.currency), value: (one) => one.total_minor, isNumber: true },
    { id: "credit", title: t.credit, cell: (one) => (one.kind === "invoice" && one.status === "final" ? <Button isSmall onPress={() => credit(one)}>{t.credit}</Button> : null) },
  ];
}
