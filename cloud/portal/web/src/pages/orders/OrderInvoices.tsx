import { useGet } from "../../api/client";
import { Card, DataView } from "../../design";
import { orders as t } from "../../text/en/orders";
import { InvoiceTable } from "../invoices/InvoiceTable";

export function OrderInvoices({ order }: { order: string }) {
  const invoices = useGet("/api/invoices", { params: { query: { order, limit: 100 } } });
  return (
    <Card title={t.invoices}>
      <DataView query={invoices} isEmpty={(data) => data.invoices.length === 0} empty={<p className="quiet">{t.noInvoices}</p>}>
        {(data) => <InvoiceTable invoices={data.invoices} isPlain />}
      </DataView>
    </Card>
  );
}
