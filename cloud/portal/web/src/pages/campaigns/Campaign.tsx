import "./campaigns.css";
import { OfItsClient } from "../../clients/ChooseClient";
import { DataView, DownloadButton, Page, StaleBanner, Tabs } from "../../design";
import { instantText } from "../../format/time";
import { usePlaces } from "../../places/use-places";
import { useParam, useSearchText } from "../../routing/address";
import { campaigns as t } from "../../text/en/campaigns";
import { CampaignLines } from "./CampaignLines";
import { CampaignReceipts } from "./CampaignReceipts";
import { CampaignTests } from "./CampaignTests";
import { Delivery } from "./Delivery";
import { History } from "./History";
import { Visitors } from "./Visitors";
import { useLivePerformance, type LivePerformance, type Performance } from "./use-live-performance";

export default function Campaign() {
  const id = useParam("campaign");
  const live = useLivePerformance(id);
  const found = live.performance;
  return (
    <Page title={found?.name ?? t.campaign} lead={found && leadOf(found)} actions={<Files campaign={id} />}>
      <DataView query={live.query}>{() => found !== undefined && <OfItsClient account={found.account}><Content performance={found} live={live} /></OfItsClient>}</DataView>
    </Page>
  );
}

function leadOf(found: Performance): string {
  return `${found.advertiser} · ${t.flightOf(instantText(found.starts_at), instantText(found.ends_at))}`;
}

function Files({ campaign }: { campaign: string }) {
  const path = `/api/campaigns/${campaign}`;
  return (
    <>
      <DownloadButton href={`${path}/performance.csv?by=location`}>{t.csv}</DownloadButton>
      <DownloadButton href={`${path}/report.pdf`}>{t.pdf}</DownloadButton>
    </>
  );
}

function Content({ performance, live }: { performance: Performance; live: LivePerformance }) {
  const [tab, setTab] = useSearchText("tab", "now");
  const places = usePlaces();
  const id = performance.id;
  return (
    <>
      <div className="row">
        <span className={`live-state ${live.state}`} role="status">{t.live[live.state]}</span>
        <span className="quiet">{t.asOf(instantText(performance.at))}. {performance.is_final ? t.final : t.notFinal}.</span>
      </div>
      {live.isStale && <StaleBanner>{t.staleDetail(instantText(performance.at))}</StaleBanner>}
      <Tabs label={t.tabsLabel} selected={tab} onChange={setTab} tabs={[
        { id: "now", label: t.tabs.now, content: <Delivery performance={performance} places={places} /> },
        { id: "history", label: t.tabs.history, content: <History campaign={id} /> },
        { id: "people", label: t.tabs.people, content: <Visitors demographics={performance.demographics} /> },
        { id: "lines", label: t.tabs.lines, content: <CampaignLines campaign={id} places={places} /> },
        { id: "tests", label: t.tabs.tests, content: <CampaignTests campaign={id} /> },
        { id: "receipts", label: t.tabs.receipts, content: <CampaignReceipts campaign={id} places={places} /> },
      ]} />
    </>
  );
}
