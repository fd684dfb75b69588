import { useGet, type Schema } from "../../api/client";
import { Badge, Card, DataView, DownloadButton, Facts, Table, type Column } from "../../design";
import { count } from "../../format/number";
import { duration, instantText } from "../../format/time";
import { toSentence } from "../../format/words";
import type { Places } from "../../places/use-places";
import { campaigns as tc, receipts as t } from "../../text/en/campaigns";

type Verification = Schema<"ReceiptVerificationDocument">;
type Sums = Schema<"ProvedSumsDocument">;
type Gap = Schema<"MissingReceiptDocument">;
type Fault = Schema<"ReceiptFaultDocument">;

/** What the signed receipts prove, verified with the code of `receipts verify`. */
export function CampaignReceipts({ campaign, places }: { campaign: string; places: Places }) {
  const query = useGet("/api/campaigns/{campaign}/receipts/verification", { params: { path: { campaign } } }, { retry: false });
  return (
    <div className="stack">
      <p className="quiet">{t.lead}</p>
      <DataView query={query}>{(found) => <Result found={found} campaign={campaign} places={places} />}</DataView>
    </div>
  );
}

function Result({ found, campaign, places }: { found: Verification; campaign: string; places: Places }) {
  const isNothing = found.is_verified && found.receipts === 0;
  const outcome = isNothing ? t.nothing : found.is_verified ? t.verified : t.notVerified(found.fault_count);
  return (
    <>
      <Card title={t.count} actions={<Badge tone={isNothing ? "warn" : found.is_verified ? "good" : "bad"}>{outcome}</Badge>}>
        <div className="stack">
          <Facts rows={listFacts(found)} />
          <p className="quiet">{t.own}</p>
          <pre tabIndex={0}>{t.command}</pre>
          <div><DownloadButton href={`/api/campaigns/${campaign}/receipts`}>{t.download}</DownloadButton></div>
        </div>
      </Card>
      {found.faults.length > 0 && <Card title={t.faults}><Table caption={t.faultsCaption} columns={FAULTS} rows={found.faults} rowKey={(one) => one.sentence} /></Card>}
      {found.totals.length > 0 && <Card title={t.sums}><Table caption={t.sumsCaption} columns={sumColumns(places)} rows={found.totals} rowKey={(one) => `${one.creative} ${one.location} ${one.device}`} /></Card>}
      {found.missing.length > 0 && <Card title={t.gaps}><Table caption={t.gapsCaption} columns={gapColumns(places)} rows={found.missing} rowKey={(one) => `${one.device} ${one.starts_at}`} /></Card>}
    </>
  );
}

function listFacts(found: Verification): readonly (readonly [string, React.ReactNode])[] {
  return [
    [t.count, count(found.receipts)],
    [t.part, found.verified_from === null ? t.partWhole : t.partFrom(instantText(found.verified_from))],
    [t.observed, duration(found.observed_s)],
    [t.unobserved, duration(found.unobserved_s)],
    [t.missing, found.missing_count === 0 ? t.missingNone : t.missingCount(found.missing_count)],
    [t.roots, found.is_root_given ? t.rootsGiven : t.rootsNotGiven],
    [t.logKey, <span key="key" className="mono">{found.log_key}</span>],
  ];
}

const FAULTS: readonly Column<Fault>[] = [
  { id: "kind", title: t.kind, isHeader: true, value: (one) => one.kind, cell: (one) => toSentence(one.kind) },
  { id: "where", title: t.where, value: (one) => one.sentence, cell: (one) => one.sentence },
];

function sumColumns(places: Places): readonly Column<Sums>[] {
  return [
    { id: "creative", title: tc.creatives, isHeader: true, value: (one) => one.creative, cell: (one) => one.creative },
    { id: "screen", title: tc.screen, value: (one) => places.name(one.location), cell: (one) => places.name(one.location) },
    { id: "device", title: t.device, value: (one) => one.device, cell: (one) => <span className="mono">{one.device}</span> },
    { id: "plays", title: tc.plays, isNumber: true, value: (one) => one.plays, cell: (one) => count(one.plays) },
    { id: "people", title: t.people, isNumber: true, value: (one) => one.person_s, cell: (one) => count(one.person_s) },
    { id: "attention", title: t.attention, isNumber: true, value: (one) => one.attention_s, cell: (one) => count(one.attention_s) },
  ];
}

function gapColumns(places: Places): readonly Column<Gap>[] {
  const at = (instant: string, gap: Gap) => instantText(instant, places.zone(gap.location));
  return [
    { id: "screen", title: tc.screen, isHeader: true, value: (one) => places.name(one.location), cell: (one) => places.name(one.location) },
    { id: "device", title: t.device, value: (one) => one.device, cell: (one) => <span className="mono">{one.device}</span> },
    { id: "from", title: t.from, value: (one) => one.starts_at, cell: (one) => at(one.starts_at, one) },
    { id: "until", title: t.until, value: (one) => one.ends_at, cell: (one) => at(one.ends_at, one) },
  ];
}
