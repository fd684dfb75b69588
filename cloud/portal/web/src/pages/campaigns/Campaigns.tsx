import { useInfiniteQuery } from "@tanstack/react-query";
import { getOnce, type Schema } from "../../api/client";
import type { ApiProblem } from "../../api/problem";
import { Badge, Button, DataView, Empty, Link, LinkButton, Page, Table, type Column } from "../../design";
import { Flight } from "../../format/Flight";
import { dateText } from "../../format/time";
import { campaigns as t } from "../../text/en/campaigns";

type Campaign = Schema<"CampaignSummary">;
type Found = Schema<"CampaignPage">;

const PAGE = 50;

export default function Campaigns() {
  const query = useInfiniteQuery<Found, ApiProblem, readonly Campaign[], readonly unknown[], string | null>({
    queryKey: ["/api/campaigns", "pages"],
    queryFn: ({ pageParam }) => getOnce("/api/campaigns", { params: { query: { limit: PAGE, after: pageParam } } }),
    initialPageParam: null,
    getNextPageParam: (last) => last.next,
    select: (data) => data.pages.flatMap((page) => page.campaigns),
  });
  return (
    <Page title={t.title} lead={t.lead}>
      <DataView query={query as never} isEmpty={(found: readonly Campaign[]) => found.length === 0} empty={<Empty title={t.empty} action={<LinkButton to="/basket">{t.toBasket}</LinkButton>}>{t.emptyDetail}</Empty>}>
        {(found) => <Table caption={t.caption} columns={COLUMNS} rows={found} rowKey={(one) => one.id} />}
      </DataView>
      {query.hasNextPage && <div><Button isPending={query.isFetchingNextPage} onPress={() => void query.fetchNextPage()}>{t.more}</Button></div>}
    </Page>
  );
}

const COLUMNS: readonly Column<Campaign>[] = [
  { id: "name", title: t.name, isHeader: true, value: (one) => one.name, cell: (one) => <Link to={`/campaigns/${one.id}`}>{one.name}</Link> },
  { id: "advertiser", title: t.advertiser, value: (one) => one.advertiser, cell: (one) => one.advertiser },
  { id: "flight", title: t.flight, value: (one) => one.starts_at, cell: (one) => <Flight from={dateText(one.starts_at)} until={dateText(one.ends_at)} /> },
  { id: "state", title: t.state, value: stateOf, cell: (one) => <CampaignState campaign={one} /> },
];

/** By the server's `is_running`; whether a flight that does not run is over follows from its dates. */
export function stateOf(campaign: Campaign): string {
  if (campaign.is_running) return t.running;
  return Date.parse(campaign.ends_at) <= Date.now() ? t.ended : t.coming;
}

export function CampaignState({ campaign }: { campaign: Campaign }) {
  return <Badge tone={campaign.is_running ? "good" : "neutral"}>{stateOf(campaign)}</Badge>;
}
