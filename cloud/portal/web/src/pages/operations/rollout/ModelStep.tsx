import { useGet } from "../../../api/client";
import { Select, TextField } from "../../../design";
import { rollout as t } from "../../../text/en/operations/jobs";
import { readPackage, type RolloutDraft } from "./draft";

const OTHER = "*"; // no name of a model has it

export interface StepProps {
  draft: RolloutDraft;
  onChange: (part: Partial<RolloutDraft>) => void;
}

export function ModelStep({ draft, onChange }: StepProps) {
  const known = useGet("/api/fleet/summary").data?.known_detectors ?? [];
  const choices = [...known.map((value) => ({ value, label: value })), { value: OTHER, label: t.other }];
  const badPackage = readPackage(draft.packageText) === undefined ? t.badPackage : undefined;
  return (
    <div className="stack narrow-form">
      <Select label={t.known} choices={choices} value={known.includes(draft.model) ? draft.model : OTHER} onChange={(model) => onChange({ model: model === OTHER ? "" : model })} />
      <TextField label={t.model} description={t.modelHint} value={draft.model} onChange={(model) => onChange({ model })} maxLength={129} isRequired />
      <TextField label={t.replaces} description={t.replacesHint} value={draft.replaces} onChange={(replaces) => onChange({ replaces })} maxLength={129} />
      <TextField label={t.package} description={t.packageHint} isMultiline value={draft.packageText} errorMessage={badPackage} onChange={(packageText) => onChange({ packageText })} maxLength={40_000} />
    </div>
  );
}
