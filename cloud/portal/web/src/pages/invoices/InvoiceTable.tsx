import type { Schema } from "../../api/client";
import { useClientColumn } from "../../clients/client-column";
import { Badge, Link, Table, type Column, type Tone } from "../../design";
import { minorMoney } from "../../format/money";
import { dateText } from "../../format/time";
import { wordOf } from "../../format/words";
import { invoices as t } from "../../text/en/invoices";

export type Invoice = Schema<"DocumentSummary">;

const TONES: Record<string, Tone> = { final: "good", tentative: "neutral", requested: "warn", rejected: "bad" };

export function InvoiceStatus({ status }: { status: string }) {
  return <Badge tone={TONES[status] ?? "neutral"}>{wordOf(t.statuses, status)}</Badge>;
}

export const titleOf = (invoice: Pick<Invoice, "kind" | "number">): string => `${wordOf(t.kinds, invoice.kind)} ${invoice.number ?? `(${t.tentative})`}`;

const COLUMNS: readonly Column<Invoice>[] = [
  { id: "number", title: t.document, isHeader: true, value: titleOf, cell: (one) => <Link to={`/invoices/${one.id}`}>{titleOf(one)}</Link> },
  { id: "period", title: t.period, value: (one) => one.period_from, cell: (one) => t.periodOf(dateText(one.period_from), dateText(one.period_until)) },
  { id: "issued", title: t.issued, value: (one) => one.issued_on, cell: (one) => dateText(one.issued_on) },
  { id: "due", title: t.due, value: (one) => one.due_on, cell: (one) => dateText(one.due_on) },
  { id: "state", title: t.state, value: (one) => wordOf(t.statuses, one.status), cell: (one) => <InvoiceStatus status={one.status} /> },
  { id: "total", title: t.total, isNumber: true, value: (one) => one.total_minor, cell: (one) => minorMoney(one.total_minor, one.currency) },
];

/** With the client where the invoices of all clients are listed. */
export function useInvoiceColumns(): readonly Column<Invoice>[] {
  const client = useClientColumn<Invoice>();
  return [...COLUMNS.slice(0, 1), ...client, ...COLUMNS.slice(1)];
}

export function InvoiceTable({ invoices, isPlain }: { invoices: readonly Invoice[]; isPlain?: boolean }) {
  return <Table caption={t.caption} columns={COLUMNS} rows={invoices} rowKey={(one) => one.id} isPlain={isPlain} />;
}
