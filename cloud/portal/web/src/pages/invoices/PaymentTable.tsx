import { useGet, type Schema } from "../../api/client";
import { Badge, DataView, Table, type Column, type Tone } from "../../design";
import { minorMoney } from "../../format/money";
import { instantText } from "../../format/time";
import { toSentence, wordOf } from "../../format/words";
import { invoices as t } from "../../text/en/invoices";

type Payment = Schema<"PaymentResponse">;

const TONES: Record<string, Tone> = { succeeded: "good", canceled: "neutral", requires_payment_method: "bad" };

/** The payments of a document, which is an invoice or `order:ID`. */
export function PaymentTable({ document }: { document: string }) {
  const payments = useGet("/api/payments", { params: { query: { document, limit: 100 } } });
  return (
    <DataView query={payments} isEmpty={(data) => data.payments.length === 0} empty={<p className="quiet">{t.noPayments}</p>}>
      {(data) => <Table caption={t.paymentsCaption} columns={COLUMNS} rows={data.payments} rowKey={(one) => one.id} isPlain />}
    </DataView>
  );
}

const COLUMNS: readonly Column<Payment>[] = [
  { id: "when", title: t.when, isHeader: true, cell: (one) => instantText(one.created_at) },
  { id: "provider", title: t.provider, cell: (one) => wordOf(t.providers, one.provider) },
  { id: "state", title: t.state, cell: (one) => <><Badge tone={TONES[one.status] ?? "warn"}>{wordOf(t.paymentStatuses, one.status)}</Badge>{one.failure !== null && <div className="quiet">{toSentence(one.failure)}</div>}</> },
  { id: "amount", title: t.amount, isNumber: true, cell: (one) => minorMoney(one.amount_minor, one.currency) },
];
