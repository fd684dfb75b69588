import { usePages } from "../../api/pages";
import { useClientFile } from "../../clients/use-client";
import { DownloadButton, Empty, Page, PagedTable } from "../../design";
import { invoices as t } from "../../text/en/invoices";
import { useInvoiceColumns } from "./InvoiceTable";

export default function Invoices() {
  const pages = usePages("/api/invoices", {}, (page) => page.invoices);
  const file = useClientFile("/api/invoices.csv");
  return (
    <Page title={t.title} lead={t.lead} actions={<DownloadButton href={file}>{t.csv}</DownloadButton>}>
      <PagedTable pages={pages} empty={<Empty title={t.empty}>{t.emptyDetail}</Empty>} caption={t.caption} columns={useInvoiceColumns()} rowKey={(one) => one.id} />
    </Page>
  );
}
