import { useEffect } from "react";
import { useChange, type Schema } from "../../../api/client";
import { Button, Facts, Loading, Notice, ProblemNotice } from "../../../design";
import { decimal } from "../../../format/number";
import { job, rollout as t } from "../../../text/en/operations/jobs";
import { describeAbort, describeRate } from "../jobs/job-words";
import { describeTarget } from "../shared/TargetFields";
import { toRequest, type RolloutDraft } from "./draft";

/** Shows what the server would do, and asks to do it. */
export function ReviewStep({ draft, onStarted }: { draft: RolloutDraft; onStarted: (job: string) => void }) {
  const preview = useChange("post", "/api/fleet/rollouts");
  const start = useChange("post", "/api/fleet/rollouts", { invalidates: ["/api/fleet/jobs"], onSuccess: (made) => made.job !== null && onStarted(made.job) });
  useEffect(() => preview.mutate({ body: toRequest(draft, false) }), []); // once: the draft is complete
  const found = preview.data;
  return (
    <div className="stack">
      <Facts rows={listFacts(draft)} />
      {preview.isPending && <Loading label={t.reviewing} />}
      <ProblemNotice error={preview.error} />
      {found !== undefined && <Concerned found={found} />}
      <ProblemNotice error={start.error} />
      {found !== undefined && <div><Button variant="primary" isPending={start.isPending} onPress={() => start.mutate({ body: toRequest(draft, true) })}>{t.start(found.devices)}</Button></div>}
    </div>
  );
}

function Concerned({ found }: { found: Schema<"JobCreatedAnswer"> }) {
  const rest = found.devices - found.names.length;
  return (
    <Notice tone="info" title={t.devices(found.devices)}>
      <p>{t.names} <span className="mono">{found.names.join(", ")}</span>{rest > 0 && <> {t.andMore(rest)}</>}</p>
    </Notice>
  );
}

function listFacts(draft: RolloutDraft): readonly (readonly [string, string])[] {
  const abort = { percentage: draft.abortPercent, at_least: draft.abortAfter };
  return [
    [t.facts.target, describeTarget(draft.target)],
    [t.facts.model, draft.packageText.trim() === "" ? draft.model : `${draft.model} ${t.withPackage}`],
    [t.facts.replaces, draft.replaces || t.mostCommon],
    [t.facts.share, `${decimal(draft.sharePercent)} %`],
    [t.facts.rate, describeRate(Number.isNaN(draft.perMinute) ? null : draft.perMinute)],
    [t.facts.abort, describeAbort(abort)],
    [t.facts.timeout, job.minutes(draft.minutesEach)],
  ];
}
