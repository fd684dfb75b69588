import type { ReactNode } from "react";
import { useGet } from "../../api/client";
import { Badge, Card, DataView, Facts, Figure, Figures, Page } from "../../design";
import { count } from "../../format/number";
import { instantWithZone } from "../../format/time";
import { useParam } from "../../routing/address";
import { job as t } from "../../text/en/operations/jobs";
import { JobDevices } from "./jobs/JobDevices";
import { JobProgress } from "./jobs/JobProgress";
import { RollBack } from "./jobs/RollBack";
import { describeAbort, describeJob, describeRate, isModelJob, nameStatus, statusTone, type Job as JobAnswer } from "./jobs/job-words";
import { useMayOperate } from "./shared/use-may-operate";
import "./operations.css";

const WATCH_MS = 5_000;

export default function Job() {
  const id = useParam("id");
  const query = useGet("/api/fleet/jobs/{job}", { params: { path: { job: id } } }, { refetchInterval: WATCH_MS });
  const mayOperate = useMayOperate();
  const found = query.data;
  const actions = found !== undefined && mayOperate && isModelJob(found) ? <RollBack job={found} /> : undefined;
  return (
    <Page title={id} lead={found && describeJob(found)} actions={actions}>
      <DataView query={query}>{(data) => <Content job={data} />}</DataView>
    </Page>
  );
}

function Content({ job }: { job: JobAnswer }) {
  return (
    <>
      <Figures>
        {Object.entries(job.devices).map(([status, number]) => <Figure key={status} label={nameStatus(status)} value={count(number)} />)}
        {job.waiting > 0 && <Figure label={nameStatus("WAITING")} value={count(job.waiting)} />}
      </Figures>
      <Card><div className="named-facts"><Facts rows={listFacts(job)} /></div></Card>
      <Card title={t.devices}><JobDevices job={job} /></Card>
    </>
  );
}

function listFacts(job: JobAnswer): readonly (readonly [string, ReactNode])[] {
  const replaces = job.document["replaces"];
  return [
    [t.facts.status, <span className="row"><Badge tone={statusTone(job.status)}>{nameStatus(job.status)}</Badge><JobProgress job={job} /></span>],
    ...(job.reason === null ? [] : [[t.facts.reason, job.reason] as const]),
    ...(typeof replaces === "string" ? [[t.facts.replaces, <span className="mono">{replaces}</span>] as const] : []),
    [t.facts.created, instantWithZone(job.created_at)],
    ...(job.ended_at === null ? [] : [[t.facts.ended, instantWithZone(job.ended_at)] as const]),
    [t.facts.rate, describeRate(job.rollout.per_minute)],
    [t.facts.abort, describeAbort(job.rollout.abort)],
    ...(job.rollout.minutes_each === null ? [] : [[t.facts.timeout, t.minutes(job.rollout.minutes_each)] as const]),
  ];
}
