import { keepPreviousData } from "@tanstack/react-query";
import { useGet, type Schema } from "../../api/client";
import { Card, DataView, Table, type Column } from "../../design";
import { decimal, share } from "../../format/number";
import { campaigns as t } from "../../text/en/campaigns";
import { listObservation, type ObservedPart } from "./observed-parts";

const READ_AGAIN_MS = 60_000;

/** Observed, unobserved by cause, and not reported: each with its hours, never as zero people. */
export function Observation({ campaign, at }: { campaign: string; at: string }) {
  const isOver = Date.now() - Date.parse(at) > READ_AGAIN_MS;
  const query = useGet("/api/campaigns/{campaign}/observation", { params: { path: { campaign } } }, { placeholderData: keepPreviousData, refetchInterval: isOver ? false : READ_AGAIN_MS });
  return (
    <Card title={t.observation}>
      <p className="quiet">{t.observationLead}</p>
      <DataView query={query} isEmpty={(found) => found.expected_s === 0} empty={<p>{t.noExpected}</p>}>
        {(found) => <Parts observation={found} />}
      </DataView>
    </Card>
  );
}

function Parts({ observation }: { observation: Schema<"ObservationDocument"> }) {
  const parts = listObservation(observation);
  const summary = parts.map((part) => `${part.label} ${share(part.share)}`).join(", ");
  return (
    <>
      <div className="stacked" role="img" aria-label={summary}>
        {parts.map((part) => <span key={part.label} className={part.tone} style={{ flexGrow: part.share }} />)}
      </div>
      <Table caption={t.observation} columns={COLUMNS} rows={parts} rowKey={(part) => part.label} isPlain />
    </>
  );
}

const HOUR_S = 3_600;

const COLUMNS: readonly Column<ObservedPart>[] = [
  { id: "cause", title: t.cause, isHeader: true, value: (part) => part.label, cell: (part) => <><span className={`swatch ${part.tone}`} aria-hidden="true" />{part.label}</> },
  { id: "hours", title: t.hours, isNumber: true, value: (part) => part.seconds, cell: (part) => decimal(part.seconds / HOUR_S, 1) },
  { id: "share", title: t.ofTime, isNumber: true, value: (part) => part.share, cell: (part) => share(part.share, 1) },
];
