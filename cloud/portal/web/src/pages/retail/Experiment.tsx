import { useState } from "react";
import { useChange, useGet, type Schema } from "../../api/client";
import { Badge, Button, Card, DataView, Facts, Figure, Figures, Notice, Page, Table, type Column, type Tone } from "../../design";
import { Flight } from "../../format/Flight";
import { Missing } from "../../format/Missing";
import { change, count, decimal, share } from "../../format/number";
import { dateText } from "../../format/time";
import { useParam } from "../../routing/address";
import { experiments as t } from "../../text/en/retail";
import { findAxis, shareOfControl, type Axis } from "./experiment-axis";
import { STATE_TONES } from "./Experiments";
import { LimitBar } from "./LimitBar";
import { ReasonDialog } from "./ReasonDialog";
import { ofBasisPoints } from "./shared";

type Result = Schema<"ExperimentResultResponse">;
type Measure = Schema<"MeasureResponse">;

export default function Experiment() {
  const id = useParam("experiment");
  const query = useGet("/api/retail/experiments/{experiment}", { params: { path: { experiment: id } } });
  const found = query.data?.experiment;
  const isOpen = found?.state === "running" || found?.state === "scheduled";
  return (
    <Page title={found?.name ?? t.title} lead={found && <Badge tone={STATE_TONES[found.state]}>{t.states[found.state]}</Badge>} actions={isOpen && <StopButton id={id} />}>
      <DataView query={query}>{(data) => <Content data={data} />}</DataView>
    </Page>
  );
}

function Content({ data }: { data: Result }) {
  const axis = findAxis(data.measures);
  return (
    <>
      <Outcome data={data} />
      <Card title={t.decision}>
        {data.measures.length === 0 ? <p>{t.tooEarlyDetail}</p> : (
          <div className="stack">
            <Table caption={t.decision} columns={listColumns(axis)} rows={data.measures} rowKey={(row) => row.name} isPlain />
            <p className="quiet">{t.axis}. {t.perDay} {data.measures[0]?.variance_share != null && t.adjusted(share(data.measures[0].variance_share))}</p>
          </div>
        )}
      </Card>
      <Contamination data={data} />
      <Description data={data} />
    </>
  );
}

const TONES: Readonly<Record<Result["decision"], Tone>> = { too_early: "info", undecided: "info", better: "good", harmful: "bad" };
const TEXTS: Readonly<Record<Result["decision"], readonly [string, string]>> = {
  too_early: [t.tooEarly, t.tooEarlyDetail], undecided: [t.undecidedTitle, t.undecidedDetail],
  better: [t.betterTitle, t.betterDetail], harmful: [t.harmTitle, t.harmDetail],
};

function Outcome({ data }: { data: Result }) {
  const [title, detail] = TEXTS[data.decision];
  const { experiment } = data;
  return (
    <>
      <Notice tone={TONES[data.decision]} title={title}>{detail}</Notice>
      {experiment.stopped_by !== null && <Notice tone="warn">{t.stoppedBy(experiment.stopped_by, experiment.stop_reason ?? "")}</Notice>}
    </>
  );
}

function listColumns(axis: Axis): readonly Column<Measure>[] {
  const amount = (name: string, value: number) => decimal(name === "units" ? value : value / 100, 2);
  return [
    { id: "measure", title: t.measure, cell: (row) => t.measures[row.name] ?? row.name, isHeader: true },
    { id: "control", title: t.control, cell: (row) => amount(row.name, row.control), isNumber: true },
    { id: "treated", title: t.treated, cell: (row) => amount(row.name, row.treated), isNumber: true },
    { id: "difference", title: t.difference, cell: (row) => <><strong>{change(row.change, 1)}</strong><div className="quiet">{amount(row.name, row.difference)}</div></>, isNumber: true },
    { id: "limits", title: t.limits, cell: (row) => <Limits row={row} axis={axis} /> },
    { id: "fixed", title: t.fixed, cell: (row) => <FixedLimits row={row} />, isNumber: true },
  ];
}

function Limits({ row, axis }: { row: Measure; axis: Axis }) {
  const [low, high] = [shareOfControl(row.low, row), shareOfControl(row.high, row)];
  if (low === null || high === null || row.change === null) return <Missing reason={t.tooEarly} />;
  const text = `${change(low, 1)} … ${change(high, 1)}`;
  return <div className="interval-axis"><LimitBar low={low} value={row.change} high={high} axis={axis} label={`${t.limits}: ${text}`} /><div className="quiet">{text}</div></div>;
}

function FixedLimits({ row }: { row: Measure }) {
  const [low, high] = [shareOfControl(row.fixed_low, row), shareOfControl(row.fixed_high, row)];
  return low === null || high === null ? <Missing reason={t.tooEarly} /> : <span className="nowrap">{`${change(low, 1)} … ${change(high, 1)}`}</span>;
}

function Contamination({ data: { contamination } }: { data: Result }) {
  const { adherence, compared_points: points, overridden, near_pairs: near, clean } = contamination;
  return (
    <Card title={t.kept}>
      <div className="stack">
        <Figures>
          <Figure label={t.adherence} value={adherence === null ? null : share(adherence, 1)} note={t.adherenceNote(count(points))} reason={t.tooEarly} />
          <Figure label={t.overridden} value={count(overridden)} />
          <Figure label={t.near} value={count(near)} note={t.nearNote} />
        </Figures>
        {adherence !== null && <Notice tone={clean ? "good" : "warn"}>{clean ? t.clean : t.notClean}</Notice>}
      </div>
    </Card>
  );
}

function Description({ data }: { data: Result }) {
  const one = data.experiment;
  return (
    <Card title={t.stores}>
      <div className="retail-facts"><Facts rows={[
        [t.products, one.products.join(", ")],
        [t.change, change(ofBasisPoints(one.change_bp), 1)],
        [t.period, <Flight key="period" from={dateText(one.starts_at)} until={dateText(one.ends_at)} />],
        [t.clusters, `${t.clusterText(one.clusters.control ?? 0, one.clusters.treated ?? 0)} · ${t.days(data.days)}`],
        [t.arms.treated, one.arms.treated?.join(", ")],
        [t.arms.control, one.arms.control?.join(", ")],
        [t.facts.before, dateText(one.pre_from_on)],
        [t.facts.alpha, share(one.alpha)],
        [t.facts.harm, share(ofBasisPoints(one.harm_limit_bp), 1)],
        [t.facts.seed, String(one.seed)],
        [t.facts.by, one.created_by],
      ]} /></div>
    </Card>
  );
}

function StopButton({ id }: { id: string }) {
  const [isAsking, setAsking] = useState(false);
  const stop = useChange("post", "/api/retail/experiments/{experiment}/stop", {
    invalidates: ["/api/retail/experiments", "/api/retail/experiments/{experiment}", "/api/retail/prices"], onSuccess: () => setAsking(false),
  });
  const send = (reason: string) => stop.mutate({ params: { path: { experiment: id } }, body: { reason } });
  return (
    <>
      <Button variant="danger" onPress={() => setAsking(true)}>{t.stop}</Button>
      {isAsking && <ReasonDialog title={t.stopTitle} confirm={t.stop} variant="danger" error={stop.error} isPending={stop.isPending} onConfirm={send} onClose={() => setAsking(false)}><p>{t.stopNote}</p></ReasonDialog>}
    </>
  );
}
