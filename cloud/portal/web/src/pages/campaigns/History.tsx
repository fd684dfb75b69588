import { useGet, type Schema } from "../../api/client";
import { Card, DataView, DownloadButton, Table, type Column } from "../../design";
import { Missing } from "../../format/Missing";
import { count, share } from "../../format/number";
import { dateText } from "../../format/time";
import { campaigns as t } from "../../text/en/campaigns";
import { DayBars } from "./DayBars";
import { figureText } from "./interval";

type Step = Schema<"HistoryStep">;

export function History({ campaign }: { campaign: string }) {
  const query = useGet("/api/campaigns/{campaign}/history", { params: { path: { campaign }, query: { step: "day" } } });
  return (
    <Card title={t.historyTitle} actions={<DownloadButton isSmall href={`/api/campaigns/${campaign}/history.csv`}>{t.historyCsv}</DownloadButton>}>
      <DataView query={query} isEmpty={(data) => data.steps.length === 0} empty={<p className="quiet">{t.noHistory}</p>}>
        {(data) => (
          <>
            <p className="quiet">{t.historyLead}</p>
            <DayBars steps={data.steps} />
            <Table caption={t.historyCaption} columns={COLUMNS} rows={data.steps} rowKey={(step) => step.starts_at} initialSorting={{ column: "day", isDescending: true }} />
          </>
        )}
      </DataView>
    </Card>
  );
}

const known = (interval: Step["ots"]) => (interval === null ? <Missing reason={t.noAudience} /> : figureText(interval.value));

const COLUMNS: readonly Column<Step>[] = [
  { id: "day", title: t.day, isHeader: true, value: (step) => step.starts_at, cell: (step) => dateText(step.starts_at, "UTC") },
  { id: "plays", title: t.plays, isNumber: true, value: (step) => step.plays, cell: (step) => `${count(step.plays)} / ${count(step.booked_plays)}` },
  { id: "attention", title: t.attention, isNumber: true, value: (step) => step.attention_s?.value ?? null, cell: (step) => known(step.attention_s) },
  { id: "ots", title: t.ots, isNumber: true, value: (step) => step.ots?.value ?? null, cell: (step) => known(step.ots) },
  { id: "viewers", title: t.viewers, isNumber: true, value: (step) => step.viewers?.value ?? null, cell: (step) => known(step.viewers) },
  { id: "observed", title: t.observedShare, isNumber: true, value: (step) => step.observed_share, cell: (step) => share(step.observed_share) },
];
