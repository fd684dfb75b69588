import { NumberField } from "../../../design";
import { rollout as t } from "../../../text/en/operations/jobs";
import type { StepProps } from "./ModelStep";

export function SafetyStep({ draft, onChange }: StepProps) {
  return (
    <div className="stack narrow-form">
      <NumberField label={t.share} description={t.shareHint} value={draft.sharePercent} minValue={0.1} maxValue={100} onChange={(sharePercent) => onChange({ sharePercent })} />
      <NumberField label={t.abortPercent} description={t.abortPercentHint} value={draft.abortPercent} minValue={1} maxValue={100} onChange={(abortPercent) => onChange({ abortPercent })} />
      <NumberField label={t.abortAfter} description={t.abortAfterHint} value={draft.abortAfter} minValue={1} maxValue={100_000} onChange={(abortAfter) => onChange({ abortAfter })} />
      <NumberField label={t.perMinute} description={t.perMinuteHint} value={draft.perMinute} minValue={1} maxValue={1_000} onChange={(perMinute) => onChange({ perMinute })} />
      <NumberField label={t.minutesEach} description={t.minutesEachHint} value={draft.minutesEach} minValue={1} maxValue={10_080} onChange={(minutesEach) => onChange({ minutesEach })} />
    </div>
  );
}
