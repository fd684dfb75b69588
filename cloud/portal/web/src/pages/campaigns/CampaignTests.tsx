import { useState } from "react";
import { useChange, useGet, type Schema } from "../../api/client";
import { Badge, Button, Card, DataView, Dialog, Empty, Notice, ProblemNotice, Table, type Column } from "../../design";
import { Missing } from "../../format/Missing";
import { count } from "../../format/number";
import { wordOf } from "../../format/words";
import { tests as t } from "../../text/en/campaigns";
import { decisionTone, isTestOf } from "./test-results";

type Summary = Schema<"CreativeTestSummary">;
type Detail = Schema<"CreativeTestDetail">;
type Arm = Schema<"ArmDocument">;

/** The tests of the campaign's creatives, with their results so far. */
export function CampaignTests({ campaign }: { campaign: string }) {
  const detail = useGet("/api/campaigns/{campaign}", { params: { path: { campaign } } });
  const list = useGet("/api/creative-tests", { params: { query: { limit: 100, account: detail.data?.account } } }, { enabled: detail.data !== undefined });
  const creatives = new Set(detail.data?.lines.flatMap((line) => line.creatives));
  const isOwn = (test: Summary) => test.account === detail.data?.account && isTestOf(test, creatives);
  return (
    <div className="stack">
      <p className="quiet">{t.lead}</p>
      <DataView query={list} isEmpty={(data) => !data.tests.some(isOwn)} empty={<Empty title={t.empty}>{t.emptyDetail} {t.other}</Empty>}>
        {(data) => data.tests.filter(isOwn).map((test) => <TestCard key={test.id} id={test.id} />)}
      </DataView>
    </div>
  );
}

function TestCard({ id }: { id: string }) {
  const query = useGet("/api/creative-tests/{creative_test}", { params: { path: { creative_test: id } } });
  return <DataView query={query}>{(test) => <Result test={test} />}</DataView>;
}

function Result({ test }: { test: Detail }) {
  const isRunning = test.stopped_at === null && Date.parse(test.ends_at) > Date.parse(test.at);
  const state = test.stopped_at !== null ? t.stopped : isRunning ? t.running : t.ended;
  const done = test.arms.reduce((sum, arm) => sum + arm.screen_hours, 0);
  return (
    <Card title={test.name} actions={<div className="row"><Badge tone={isRunning ? "good" : "neutral"}>{state}</Badge>{isRunning && <StopTest test={test} />}</div>}>
      <p className="quiet">{t.progress(done, test.planned_screen_hours)}. {test.as_assigned_share !== null && t.followed(test.as_assigned_share)}</p>
      <div className="stack">
        <Table caption={t.caption(test.name)} columns={COLUMNS} rows={test.arms} rowKey={(arm) => arm.creative} isPlain />
        <Notice title={t.guardTitle}>{t.guard(test.alpha)}</Notice>
      </div>
    </Card>
  );
}

function StopTest({ test }: { test: Detail }) {
  const [isAsking, setAsking] = useState(false);
  const stop = useChange("post", "/api/creative-tests/{creative_test}/stop", { invalidates: ["/api/creative-tests", "/api/creative-tests/{creative_test}"], onSuccess: () => setAsking(false) });
  const send = () => stop.mutate({ params: { path: { creative_test: test.id } } });
  return (
    <>
      <Button isSmall onPress={() => setAsking(true)}>{t.stop}</Button>
      <Dialog title={t.stopTitle} isOpen={isAsking} onClose={() => setAsking(false)} actions={<Button variant="danger" isPending={stop.isPending} onPress={send}>{t.stop}</Button>}>
        <p>{t.stopDetail}</p>
        <ProblemNotice error={stop.error} />
      </Dialog>
    </>
  );
}

const seconds = (value: number | null) => (value === null ? t.unbounded : t.seconds(value));

function Difference({ arm }: { arm: Arm }) {
  if (arm.decision === null) return <span className="quiet">{t.baseline}</span>;
  if (arm.difference_s === null) return <Missing />;
  return <>{t.seconds(arm.difference_s)}<div className="quiet">{t.differenceRange(seconds(arm.difference_low_s), seconds(arm.difference_high_s))}</div></>;
}

const COLUMNS: readonly Column<Arm>[] = [
  { id: "creative", title: t.creative, isHeader: true, value: (arm) => arm.creative, cell: (arm) => arm.creative },
  { id: "plays", title: t.plays, isNumber: true, value: (arm) => arm.plays, cell: (arm) => count(arm.plays) },
  { id: "hours", title: t.screenHours, isNumber: true, value: (arm) => arm.screen_hours, cell: (arm) => count(arm.screen_hours) },
  { id: "attention", title: t.attention, isNumber: true, value: (arm) => arm.attention_per_person_s?.value ?? null, cell: (arm) => (arm.attention_per_person_s === null ? <Missing /> : t.seconds(arm.attention_per_person_s.value)) },
  { id: "difference", title: t.difference, isNumber: true, value: (arm) => arm.difference_s, cell: (arm) => <Difference arm={arm} /> },
  { id: "decision", title: t.decision, value: (arm) => arm.decision, cell: (arm) => arm.decision !== null && <Badge tone={decisionTone(arm.decision)}>{wordOf(t.decisions, arm.decision)}</Badge> },
];
