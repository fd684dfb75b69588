import type { ReactNode } from "react";
import { useGet, type Schema } from "../../api/client";
import { OfItsClient } from "../../clients/ChooseClient";
import { Card, DataView, DownloadButton, Facts, Link, Notice, Page, Table, type Column } from "../../design";
import { minorMoney, money } from "../../format/money";
import { decimal } from "../../format/number";
import { dateText } from "../../format/time";
import { useParam } from "../../routing/address";
import { invoices as t } from "../../text/en/invoices";
import { InvoiceStatus, titleOf } from "./InvoiceTable";
import { PaymentTable } from "./PaymentTable";

type Detail = Schema<"DocumentDetail">;
type Line = Schema<"DocumentLine">;

export default function Invoice() {
  const id = useParam("invoice");
  const invoice = useGet("/api/invoices/{invoice}", { params: { path: { invoice: id } } });
  const found = invoice.data;
  return (
    <Page title={found === undefined ? t.document : titleOf(found)} actions={found && <Files invoice={found} />}>
      <DataView query={invoice}>{(one) => <OfItsClient account={one.account}><Content invoice={one} /></OfItsClient>}</DataView>
    </Page>
  );
}

function Files({ invoice }: { invoice: Detail }) {
  const path = `/api/invoices/${invoice.id}`;
  return (
    <>
      <DownloadButton href={`${path}.pdf`}>{t.pdf}</DownloadButton>
      {invoice.status === "final" && <DownloadButton href={`${path}.xml?syntax=cii`}>{t.eInvoice}</DownloadButton>}
      {invoice.status === "final" && <DownloadButton href={`${path}.xml?syntax=ubl`}>{t.eInvoiceUbl}</DownloadButton>}
    </>
  );
}

function Content({ invoice }: { invoice: Detail }) {
  return (
    <>
      {invoice.status === "tentative" && <Notice tone="warn" title={t.tentative}>{t.tentativeNote}</Notice>}
      <div className="columns">
        <Card><Facts rows={listFacts(invoice)} /></Card>
        <Card><Facts rows={listTotals(invoice)} /></Card>
      </div>
      <Card title={t.lines}><Table caption={t.linesCaption} columns={lineColumns(invoice.currency)} rows={invoice.lines} rowKey={(line) => String(line.number)} /></Card>
      <Card title={t.payments}><PaymentTable document={invoice.id} /></Card>
    </>
  );
}

function listFacts(invoice: Detail): readonly (readonly [string, ReactNode])[] {
  return [
    [t.state, <InvoiceStatus key="state" status={invoice.status} />],
    [t.advertiser, invoice.advertiser],
    [t.campaign, invoice.campaign],
    [t.order, <Link key="order" to={`/orders/${invoice.order_id}`}>{invoice.order_id}</Link>],
    [t.payer, invoice.payer],
    [t.period, t.periodOf(dateText(invoice.period_from), dateText(invoice.period_until))],
    [t.issued, dateText(invoice.issued_on)],
    [t.due, dateText(invoice.due_on)],
    ...(invoice.corrects === null ? [] : [[t.corrects, <Link key="corrects" to={`/invoices/${invoice.corrects}`}>{invoice.corrects}</Link>] as const]),
    ...(invoice.reason === null ? [] : [[t.reason, invoice.reason] as const]),
  ];
}

function listTotals(invoice: Detail): readonly (readonly [string, ReactNode])[] {
  const amount = (minor: number) => <span className="number">{minorMoney(minor, invoice.currency)}</span>;
  const percent = decimal(Number(invoice.vat_percent), 2);
  return [
    [t.net, amount(invoice.net_minor)],
    [t.vat(percent, invoice.vat_category), amount(invoice.vat_minor)],
    [t.withVat, <strong key="total">{amount(invoice.total_minor)}</strong>],
    ...(invoice.prepaid_minor === 0 ? [] : [[t.prepaid, amount(-invoice.prepaid_minor)] as const, [t.toPay, amount(invoice.total_minor - invoice.prepaid_minor)] as const]),
    ...(invoice.vat_reason === "" ? [] : [[t.reason, invoice.vat_reason] as const]),
  ];
}

function lineColumns(currency: string): readonly Column<Line>[] {
  const price = (line: Line) => `${money(String(line.unit_price), currency)}${line.price_base === 1 ? "" : ` ${t.perUnits(decimal(line.price_base, 0))}`}`;
  return [
    { id: "text", title: t.text, isHeader: true, value: (line) => line.text, cell: (line) => <>{line.text}<div className="quiet">{line.note}</div></> },
    { id: "quantity", title: t.quantity, isNumber: true, value: (line) => Number(line.quantity), cell: (line) => decimal(Number(line.quantity), 3) },
    { id: "price", title: t.price, isNumber: true, cell: price },
    { id: "amount", title: t.amount, isNumber: true, value: (line) => line.amount_minor, cell: (line) => minorMoney(line.amount_minor, currency) },
  ];
}
