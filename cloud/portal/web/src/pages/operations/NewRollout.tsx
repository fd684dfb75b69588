import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { Button, Card, Page } from "../../design";
import { rollout as t } from "../../text/en/operations/jobs";
import { FIRST_DRAFT, isComplete, STEPS, type RolloutDraft } from "./rollout/draft";
import { ModelStep } from "./rollout/ModelStep";
import { ReviewStep } from "./rollout/ReviewStep";
import { SafetyStep } from "./rollout/SafetyStep";
import { TargetFields } from "./shared/TargetFields";
import "./operations.css";

/** Target, model, safety, review; then the page of the job watches it. */
export default function NewRollout() {
  const [draft, setDraft] = useState<RolloutDraft>(FIRST_DRAFT);
  const [at, setAt] = useState(0);
  const navigate = useNavigate();
  const change = (part: Partial<RolloutDraft>) => setDraft((before) => ({ ...before, ...part }));
  const step = STEPS[at] ?? "target";
  const isLast = at === STEPS.length - 1;
  const name = t.steps[at] ?? "";
  return (
    <Page title={t.title} lead={t.lead}>
      <ol className="steps">{t.steps.map((one, position) => <li key={one} aria-current={position === at ? "step" : undefined}>{one}</li>)}</ol>
      <Card title={t.step(at + 1, STEPS.length, name)}>
        <div className="stack">
          {step === "target" && <TargetFields choice={draft.target} onChange={(target) => change({ target })} />}
          {step === "model" && <ModelStep draft={draft} onChange={change} />}
          {step === "safety" && <SafetyStep draft={draft} onChange={change} />}
          {isLast && <ReviewStep draft={draft} onStarted={(job) => void navigate({ to: `/operations/jobs/${job}` })} />}
          <div className="row">
            <Button isDisabled={at === 0} onPress={() => setAt(at - 1)}>{t.back}</Button>
            {!isLast && <Button variant="primary" isDisabled={!isComplete(step, draft)} onPress={() => setAt(at + 1)}>{t.next}</Button>}
          </div>
        </div>
      </Card>
    </Page>
  );
}
