import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useChange, useGet, type Schema } from "../../api/client";
import { OfItsClient } from "../../clients/ChooseClient";
import { Button, Card, DataView, Dialog, Facts, LinkButton, Notice, Page, ProblemNotice } from "../../design";
import { money } from "../../format/money";
import { count } from "../../format/number";
import { dateText, instantText } from "../../format/time";
import { useParam } from "../../routing/address";
import { common } from "../../text/en";
import { plan as words, result as t } from "../../text/en/plan";
import { AGES, toForm, type StoredRequest } from "./brief";
import { FoundPlan } from "./FoundPlan";
import { Impossible } from "./Impossible";
import { isUnfinished } from "./PlanList";
import { periodText } from "./SavedBriefs";
import "./plan.css";

type Detail = Schema<"PlanDetail">;
const LOOK_AGAIN_MS = 1_000;

/** One stored plan: its progress, then the plan with its certificate, or why there is none. */
export default function PlanResult() {
  const id = useParam("id");
  const init = { params: { path: { plan: id } } };
  const detail = useGet("/api/pricing/plans/{plan}", init, { refetchInterval: (query) => (query.state.data && isUnfinished(query.state.data.status) ? LOOK_AGAIN_MS : false) });
  const found = detail.data;
  const title = found === undefined ? words.title : words.planTitle(money(found.budget, found.currency));
  return (
    <Page title={title} lead={found && periodText(found.from, found.until)} actions={<Actions id={id} />}>
      <DataView query={detail}>{(one) => <OfItsClient account={one.account} isStrict><Outcome detail={one} /><BriefFacts detail={one} /></OfItsClient>}</DataView>
    </Page>
  );
}

function Actions({ id }: { id: string }) {
  const navigate = useNavigate();
  const remove = useChange("delete", "/api/pricing/plans/{plan}", { onSuccess: () => void navigate({ to: "/plan" }) });
  const [isAsking, setAsking] = useState(false);
  const confirm = <><Button onPress={() => setAsking(false)}>{common.cancel}</Button><Button variant="danger" isPending={remove.isPending} onPress={() => remove.mutate({ params: { path: { plan: id } } })}>{t.remove}</Button></>;
  return (
    <>
      <LinkButton to={`/plan?plan=${id}`}>{t.change}</LinkButton>
      <Button variant="plain" onPress={() => setAsking(true)}>{t.remove}</Button>
      <Dialog title={t.remove} isOpen={isAsking} onClose={() => setAsking(false)} actions={confirm} role="alertdialog">
        <p>{t.removeDetail}</p>
        <ProblemNotice error={remove.error} />
      </Dialog>
    </>
  );
}

function Outcome({ detail }: { detail: Detail }) {
  if (isUnfinished(detail.status)) return <Progress detail={detail} />;
  if (detail.answer === null) return <Notice tone="bad" title={t.failed}>{detail.sentence}</Notice>;
  return detail.answer.possible ? <FoundPlan plan={detail.answer} budget={Number(detail.budget)} /> : <Impossible answer={detail.answer} plan={detail.id} />;
}

function Progress({ detail: { status, stage, done } }: { detail: Detail }) {
  const label = status === "waiting" ? t.waiting : t.working(stage);
  return (
    <Card>
      <div className="plan-progress" role="status">
        <strong>{label}</strong>
        <progress aria-label={t.progress} value={done} max={1} />
        <p className="quiet">{t.leave}</p>
      </div>
    </Card>
  );
}

function BriefFacts({ detail }: { detail: Detail }) {
  const { question, versions, currency } = detail;
  const rows = [
    [t.facts.budget, money(detail.budget, currency)],
    [t.facts.period, periodText(detail.from, detail.until)],
    [t.facts.aim, words.objectives[detail.objective]],
    [t.facts.places, [...question.locations, ...question.venues].join(", ") || t.everywhere],
    [t.facts.hours, describeHours(question)],
    [t.facts.audience, describeAudience(question)],
    [t.facts.limits, describeLimits(question, currency)],
    [t.facts.made, instantText(detail.kept_at)],
    [t.facts.expires, dateText(detail.expires_at)],
    ...(versions === null ? [] : [[t.versions, `${t.versionsOf(versions.rate_card, versions.rate_card_digest)} ${t.forecasts(versions.forecasts.length)}`] as const]),
  ] as const;
  return <Card title={t.brief}><Facts rows={rows} /></Card>;
}

function describeHours(question: StoredRequest): string {
  if (question.dayparts.length === 0) return t.anyHour;
  const { fromHour, toHour, weekdays } = toForm(question);
  return t.hourRange(fromHour, toHour, words.weekdayKinds[weekdays]);
}

function describeAudience({ target }: StoredRequest): string {
  const ages = AGES.filter((age) => target.ages.includes(age)).map((age) => words.ageNames[age] ?? age);
  return [...target.genders.map((one) => (one === "unknown" ? words.genders.any : words.genders[one])), ...ages].join(", ") || t.everybody;
}

function describeLimits(question: StoredRequest, currency: string): string {
  const { positions, spendPerScreen, minReach } = toForm(question);
  const limits = [
    ...(positions > 1 ? [t.positionsLimit(positions)] : []),
    ...(Number.isNaN(spendPerScreen) ? [] : [t.spendLimit(money(String(spendPerScreen), currency))]),
    ...(Number.isNaN(minReach) ? [] : [t.reachLimit(count(minReach))]),
  ];
  return limits.join(", ") || t.noLimits;
}
