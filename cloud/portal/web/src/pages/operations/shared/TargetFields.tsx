import { useGet, type Schema } from "../../../api/client";
import { Segments, Select, TextField } from "../../../design";
import { rollout as t } from "../../../text/en/operations/jobs";
import { operations } from "../../../text/en/operations";

export type Target = Schema<"TargetSelector">;
export type TargetKind = keyof typeof t.targetKinds;

export interface TargetChoice {
  kind: TargetKind;
  name: string;
}

/** The selector that the API understands; undefined while nothing is chosen. */
export function toTarget({ kind, name }: TargetChoice): Target | undefined {
  if (kind === "everything") return { attributes: {}, everything: true };
  return name === "" ? undefined : { attributes: {}, everything: false, [kind]: name };
}

export const describeTarget = ({ kind, name }: TargetChoice): string => (kind === "everything" ? t.targetKinds.everything : `${t.targetKinds[kind]}: ${name}`);

const KINDS = (Object.keys(t.targetKinds) as TargetKind[]).map((value) => ({ value, label: t.targetKinds[value] }));

/** Chooses cameras: one, a group, a location, or all. */
export function TargetFields({ choice, onChange }: { choice: TargetChoice; onChange: (choice: TargetChoice) => void }) {
  const summary = useGet("/api/fleet/summary");
  const groups = (summary.data?.groups ?? []).map(({ value, devices }) => ({ value, label: `${value} (${devices})` }));
  const locations = (summary.data?.locations ?? []).map(({ location, devices }) => ({ value: location, label: `${location} (${devices})` }));
  const setName = (name: string) => onChange({ ...choice, name });
  return (
    <div className="stack">
      <div className="row"><Segments label={t.target} isLabelHidden choices={KINDS} value={choice.kind} onChange={(kind) => onChange({ kind, name: "" })} /></div>
      <div className="narrow-form">
        {choice.kind === "device" && <TextField label={t.deviceName} value={choice.name} onChange={setName} maxLength={63} />}
        {choice.kind === "group" && <Select label={operations.group} description={t.canaryHint} choices={groups} value={choice.name || null} onChange={setName} />}
        {choice.kind === "location" && <Select label={operations.location} choices={locations} value={choice.name || null} onChange={setName} />}
      </div>
    </div>
  );
}
