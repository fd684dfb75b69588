import { useState } from "react";
import { useBasket } from "../../basket/use-basket";
import { RangeBar } from "../../charts/RangeBar";
import { Button, Card, Figure, Figures, LinkButton, Notice } from "../../design";
import { money } from "../../format/money";
import { count, decimal, share } from "../../format/number";
import { result as t } from "../../text/en/plan";
import { findBudgetStep, toSlots, type PlanResult } from "./lines";
import { PlanLines } from "./PlanLines";

interface FoundPlanProps {
  plan: PlanResult;
  budget: number;
}

/** A plan: what it costs and brings, how good it is, what a little more would bring, and its hours. */
export function FoundPlan({ plan, budget }: FoundPlanProps) {
  const { cost, unspent, currency, impressions, reach, frequency } = plan;
  return (
    <>
      <Figures>
        <Figure label={t.figures.cost} value={money(cost, currency)} note={`${t.figures.unspent}: ${money(unspent, currency)}`} />
        <Figure label={t.figures.impressions} value={count(impressions.p50)} note={<RangeBar {...impressions} format={count} />} />
        <Figure label={t.figures.reach} value={count(reach.p50)} note={<RangeBar {...reach} format={count} />} />
        <Figure label={t.figures.frequency} value={decimal(frequency, 2)} />
      </Figures>
      <AddPlan plan={plan} />
      <div className="columns">
        <Certificate plan={plan} />
        <ShadowPrices plan={plan} budget={budget} />
      </div>
      <PlanLines plan={plan} />
      <Card title={t.assumptions}><ul className="plan-list">{plan.assumptions.map((one) => <li key={one}>{one}</li>)}</ul></Card>
      {plan.left_out.length > 0 && <Notice tone="warn" title={t.leftOut}>{plan.left_out.map((one) => <p key={one.location}>{one.location}: {one.reason}</p>)}</Notice>}
    </>
  );
}

function AddPlan({ plan }: { plan: PlanResult }) {
  const { add } = useBasket();
  const [isAdded, setAdded] = useState(false);
  if (plan.lines.length === 0) return null;
  if (isAdded) {
    return (
      <Notice tone="good" title={t.added} isAnnounced>
        <p>{t.addedDetail}</p>
        <LinkButton to="/basket" variant="primary" isSmall>{t.openBasket}</LinkButton>
      </Notice>
    );
  }
  return <div><Button variant="primary" onPress={() => { add(toSlots(plan.lines)); setAdded(true); }}>{t.add(plan.lines.length)}</Button></div>;
}

/** How far the plan can be from the best there is: the bound holds for every plan whatever. */
function Certificate({ plan: { gap, bound, unit, finished, slots_considered: considered, limited_by: limits, minimums } }: { plan: PlanResult }) {
  const best = count(bound);
  return (
    <Card title={t.certificate}>
      <p>{gap < 0.00005 ? t.exact(best, unit) : t.within(share(gap, 2), best, unit)} {t.considered(count(considered))}</p>
      {!finished && <Notice tone="warn">{t.unfinished}</Notice>}
      {minimums.length > 0 && <ul className="plan-list">{minimums.map((one) => <li key={`${one.group} ${one.measure}`}>{t.minimum(one.group, one.measure, count(one.achieved), count(one.min))}</li>)}</ul>}
      <h3>{t.limited}</h3>
      <Sentences sentences={limits.map((one) => one.sentence)} none={t.nothingLimits} />
    </Card>
  );
}

function ShadowPrices({ plan: { shadow_prices: prices, currency, unit }, budget }: FoundPlanProps) {
  const step = findBudgetStep(budget);
  const sentences = prices.filter((one) => one.worth > 0).map((one) =>
    one.limit === "budget" ? t.moreBudget(money(String(step), currency), decimal(one.worth * step, one.worth * step < 10 ? 1 : 0), unit) : one.sentence,
  );
  return <Card title={t.more}><Sentences sentences={sentences} none={t.noShadow} /></Card>;
}

function Sentences({ sentences, none }: { sentences: readonly string[]; none: string }) {
  if (sentences.length === 0) return <p className="quiet">{none}</p>;
  return <ul className="plan-list">{sentences.map((one) => <li key={one}>{one}</li>)}</ul>;
}
