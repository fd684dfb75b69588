import { useInfiniteQuery } from "@tanstack/react-query";
import { getOnce, type Schema } from "../../api/client";
import type { ApiProblem } from "../../api/problem";
import { Button, DataView, DownloadButton, Empty, Page } from "../../design";
import { invoices as t } from "../../text/en/invoices";
import { InvoiceTable } from "./InvoiceTable";

type Found = Schema<"DocumentsResponse">;

const PAGE = 50;

export default function Invoices() {
  const query = useInfiniteQuery<Found, ApiProblem, Found["invoices"], readonly unknown[], string | null>({
    queryKey: ["/api/invoices", "pages"],
    queryFn: ({ pageParam }) => getOnce("/api/invoices", { params: { query: { limit: PAGE, after: pageParam } } }),
    initialPageParam: null,
    getNextPageParam: (last) => last.next,
    select: (data) => data.pages.flatMap((page) => page.invoices),
  });
  return (
    <Page title={t.title} lead={t.lead} actions={<DownloadButton href="/api/invoices.csv">{t.csv}</DownloadButton>}>
      <DataView query={query as never} isEmpty={(found: Found["invoices"]) => found.length === 0} empty={<Empty title={t.empty}>{t.emptyDetail}</Empty>}>
        {(found) => <InvoiceTable invoices={found} />}
      </DataView>
      {query.hasNextPage && <div><Button isPending={query.isFetchingNextPage} onPress={() => void query.fetchNextPage()}>{t.more}</Button></div>}
    </Page>
  );
}
