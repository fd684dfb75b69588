import { useGet, type Schema } from "../../api/client";
import { Card, DataView, Table, type Column } from "../../design";
import { Missing } from "../../format/Missing";
import { minorMoney } from "../../format/money";
import { count } from "../../format/number";
import { monthText } from "../../format/time";
import { finance } from "../../text/en/finance";

type Month = Schema<"InvoicedMonth">;
const t = finance.invoiced;

/** What invoices have beside the booked prices of the same orders, for the months of the period. */
export function InvoicedMonths({ from, until }: { from: string; until: string }) {
  const query = useGet("/api/revenue/invoiced", { params: { query: { from, until } } });
  return (
    <Card title={t.title}>
      <DataView query={query} isEmpty={(data) => data.months.length === 0} empty={<p className="quiet">{t.none}</p>}>
        {(data) => (
          <div className="stack">
            <p className="quiet">{t.lead} {data.caveat}</p>
            <Table caption={t.title} columns={COLUMNS} rows={data.months} rowKey={(one) => `${one.month} ${one.currency}`} />
          </div>
        )}
      </DataView>
    </Card>
  );
}

function amount(id: string, title: string, read: (one: Month) => number): Column<Month> {
  return { id, title, isNumber: true, value: read, cell: (one) => minorMoney(read(one), one.currency) };
}

const hasInvoice = (one: Month) => one.invoiced_orders > 0;

/** An amount of orders with an invoice; without one there is nothing to compare. */
function compared(id: string, title: string, read: (one: Month) => number): Column<Month> {
  return { ...amount(id, title, read), value: (one) => (hasInvoice(one) ? read(one) : null), cell: (one) => (hasInvoice(one) ? minorMoney(read(one), one.currency) : <Missing reason={t.notInvoiced} />) };
}

const COLUMNS: readonly Column<Month>[] = [
  { id: "month", title: t.month, isHeader: true, value: (one) => one.month, cell: (one) => monthText(one.month) },
  amount("booked", t.booked, (one) => one.booked_minor),
  { id: "orders", title: t.orders, isNumber: true, value: (one) => one.invoiced_orders, cell: (one) => t.ordersOf(count(one.invoiced_orders), count(one.orders)) },
  compared("same", t.bookedInvoiced, (one) => one.booked_invoiced_minor),
  compared("invoicedHere", t.invoicedHere, (one) => one.invoiced_here_minor),
  compared("difference", t.difference, (one) => one.invoiced_here_minor - one.booked_invoiced_minor),
  amount("invoiced", t.invoiced, (one) => one.invoiced_minor),
  amount("credited", t.credited, (one) => -one.credited_minor),
  amount("tentative", t.tentative, (one) => one.tentative_minor),
];
