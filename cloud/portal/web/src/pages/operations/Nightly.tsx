import { useState } from "react";
import { useGet, type Schema } from "../../api/client";
import { Badge, Card, DataView, Empty, Figure, Figures, Notice, Page, Table, type Column, type Tone } from "../../design";
import { Missing } from "../../format/Missing";
import { count } from "../../format/number";
import { ago, dateText, duration, instantWithZone } from "../../format/time";
import { wordOf } from "../../format/words";
import { nightly as t } from "../../text/en/operations/data";
import { Pager } from "./shared/Pager";
import "./operations.css";

type Run = Schema<"NightlyRunResponse">;
type Step = Schema<"NightlyStepResponse">;

const TONES: Record<string, Tone> = { running: "info", complete: "good", done: "good", failed: "bad", interrupted: "warn", blocked: "warn" };
const HOUR_S = 3600;

export default function Nightly() {
  const [before, setBefore] = useState("");
  const query = useGet("/api/nightly/runs", { params: { query: { limit: 7, ...(before && { before: Number(before) }) } } }, { refetchInterval: 30_000 });
  return (
    <Page title={t.title} lead={t.lead}>
      <DataView query={query} isEmpty={(data) => data.runs.length === 0 && before === ""} empty={<Empty title={t.empty}>{t.emptyDetail}</Empty>}>
        {(data) => (
          <>
            {data.freshness.is_late && <Notice tone="bad" title={t.isLate}>{t.isLateDetail}</Notice>}
            <Freshness freshness={data.freshness} newest={before === "" ? data.runs[0] : undefined} />
            {data.runs.map((one) => <RunCard key={one.id} run={one} />)}
            <Pager at={before} next={data.next} onChange={setBefore} />
          </>
        )}
      </DataView>
    </Page>
  );
}

function Freshness({ freshness, newest }: { freshness: Schema<"NightlyFreshness">; newest: Run | undefined }) {
  return (
    <Figures>
      <Figure label={t.freshness} value={freshness.completed_at === null ? null : ago(freshness.completed_at)} reason={t.never} note={freshness.completed_at === null ? t.never : instantWithZone(freshness.completed_at)} />
      <Figure label={t.age} value={freshness.age_h === null ? null : duration(freshness.age_h * HOUR_S)} reason={t.never} note={t.lateAfter(freshness.late_after_h)} />
      {newest !== undefined && <Figure label={t.lastStatus} value={nameStatus(newest.status)} note={instantWithZone(newest.started_at)} />}
    </Figures>
  );
}

function RunCard({ run }: { run: Run }) {
  const longest = Math.max(1, ...run.steps.map((one) => one.duration_s ?? 0));
  const days = run.first_on === null || run.last_on === null ? t.changedDays : t.days(dateText(run.first_on), dateText(run.last_on));
  const state = <span className="row"><Badge tone={TONES[run.status]}>{nameStatus(run.status)}</Badge><span className="quiet">{run.duration_s === null ? t.stillRunning : duration(run.duration_s)}</span></span>;
  return (
    <Card title={`${t.run(run.id)}, ${instantWithZone(run.started_at)}`} actions={state}>
      <p className="quiet">{days}</p>
      <Table caption={t.run(run.id)} columns={newColumns(longest)} rows={run.steps} rowKey={(one) => one.name} isPlain />
    </Card>
  );
}

function newColumns(longest: number): readonly Column<Step>[] {
  return [
    { id: "step", title: t.columns.step, isHeader: true, cell: (one) => wordOf(t.steps, one.name) },
    { id: "status", title: t.columns.status, cell: (one) => <Badge tone={TONES[one.status]}>{nameStatus(one.status)}</Badge> },
    { id: "duration", title: t.columns.duration, cell: (one) => <Duration seconds={one.duration_s} longest={longest} /> },
    { id: "attempts", title: t.columns.attempts, isNumber: true, cell: (one) => count(one.attempts) },
    { id: "rows", title: t.columns.rows, isNumber: true, cell: (one) => (one.rows === null ? <Missing /> : count(one.rows)) },
    { id: "notes", title: t.columns.notes, cell: (one) => <Notes notes={one.notes} /> },
  ];
}

function Duration({ seconds, longest }: { seconds: number | null; longest: number }) {
  if (seconds === null) return <span className="quiet">{t.stillRunning}</span>;
  return <span className="job-progress"><meter min={0} max={longest} value={seconds} aria-hidden="true" /><span className="quiet">{duration(seconds)}</span></span>;
}

function Notes({ notes }: { notes: readonly string[] }) {
  if (notes.length === 0) return null;
  return <ul className="plain-list">{notes.map((one, at) => <li key={at}>{one}</li>)}</ul>;
}

const nameStatus = (status: string): string => wordOf(t.statuses, status);
