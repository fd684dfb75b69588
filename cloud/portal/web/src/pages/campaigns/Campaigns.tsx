import type { Schema } from "../../api/client";
import { usePages } from "../../api/pages";
import { Badge, Empty, Link, LinkButton, Page, PagedTable, type Column } from "../../design";
import { Flight } from "../../format/Flight";
import { dateText } from "../../format/time";
import { campaigns as t } from "../../text/en/campaigns";

type Campaign = Schema<"CampaignSummary">;

export default function Campaigns() {
  const pages = usePages("/api/campaigns", {}, (page) => page.campaigns);
  const empty = <Empty title={t.empty} action={<LinkButton to="/basket">{t.toBasket}</LinkButton>}>{t.emptyDetail}</Empty>;
  return (
    <Page title={t.title} lead={t.lead}>
      <PagedTable pages={pages} empty={empty} caption={t.caption} columns={COLUMNS} rowKey={(one) => one.id} />
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
