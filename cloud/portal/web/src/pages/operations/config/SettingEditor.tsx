import { Checkbox, NumberField, Segments, TextField } from "../../../design";
import { decimal } from "../../../format/number";
import { config as t } from "../../../text/en/operations/config";
import { firstDraft, readDraft, type SettingDraft, type SettingField } from "./setting-schema";

export interface SettingEditorProps {
  field: SettingField;
  draft: SettingDraft | undefined;
  onChange: (draft: SettingDraft | undefined) => void;
}

/** One setting: changed or not, withdrawn or with a value. */
export function SettingEditor({ field, draft, onChange }: SettingEditorProps) {
  return (
    <div className="setting">
      <Checkbox isSelected={draft !== undefined} onChange={(isOn) => onChange(isOn ? firstDraft(field) : undefined)}><span className="mono">{field.name}</span></Checkbox>
      {draft !== undefined && (
        <div className="editor">
          {!draft.isWithdrawn && <ValueField field={field} draft={draft} onChange={onChange} />}
          <Checkbox isSelected={draft.isWithdrawn} onChange={(isWithdrawn) => onChange({ ...draft, isWithdrawn })}>{t.withdraw}</Checkbox>
        </div>
      )}
    </div>
  );
}

function ValueField({ field, draft, onChange }: { field: SettingField; draft: SettingDraft; onChange: (draft: SettingDraft) => void }) {
  const set = (value: string | number | boolean) => onChange({ ...draft, value });
  const isBad = readDraft(field, draft) === undefined;
  const description = [field.description, describeLimits(field)].filter(Boolean).join("; ");
  switch (field.kind) {
    case "boolean":
      return <Segments label={field.name} isLabelHidden choices={[{ value: "yes", label: t.yes }, { value: "no", label: t.no }]} value={draft.value === true ? "yes" : "no"} onChange={(value) => set(value === "yes")} />;
    case "number":
      return <NumberField label={field.name} description={description} value={Number(draft.value)} minValue={field.least ?? undefined} maxValue={field.most ?? undefined} formatOptions={{ useGrouping: false, maximumFractionDigits: field.isWhole ? 0 : 6 }} errorMessage={isBad ? t.badNumber : undefined} onChange={set} />;
    case "text":
      return <TextField label={field.name} description={description} value={String(draft.value)} onChange={set} maxLength={64} />;
    case "json":
      return <TextField label={`${field.name} (${t.json})`} description={description} isMultiline value={String(draft.value)} errorMessage={isBad ? t.badJson : undefined} onChange={set} maxLength={8_192} />;
  }
}

function describeLimits({ least, most }: SettingField): string {
  if (least !== null && most !== null) return t.limits(decimal(least, 6), decimal(most, 6));
  if (least !== null) return t.atLeast(decimal(least, 6));
  return most === null ? "" : t.atMost(decimal(most, 6));
}
