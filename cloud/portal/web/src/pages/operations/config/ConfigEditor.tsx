import { useMemo, useState } from "react";
import { useChange, useGet, type Schema } from "../../../api/client";
import { Button, Card, DataView, Notice, ProblemNotice } from "../../../design";
import { useSearchText } from "../../../routing/address";
import { config as t } from "../../../text/en/operations/config";
import { TargetFields, toTarget, type TargetChoice } from "../shared/TargetFields";
import { ConfigDiff } from "./ConfigDiff";
import { readDraft, readFields, type SettingDraft, type SettingField } from "./setting-schema";
import { SettingEditor } from "./SettingEditor";

type Drafts = Readonly<Record<string, SettingDraft | undefined>>;
type Update = Schema<"ConfigUpdate">;

/** Choose cameras and settings, see what changes, apply it. */
export function ConfigEditor() {
  const [device] = useSearchText("device");
  const [target, setTarget] = useState<TargetChoice>({ kind: device ? "device" : "group", name: device });
  const [drafts, setDrafts] = useState<Drafts>({});
  const schema = useGet("/api/fleet/config/schema", undefined, { staleTime: Infinity });
  const fields = useMemo(() => readFields(schema.data?.json_schema ?? {}), [schema.data]);
  const preview = useChange("post", "/api/fleet/config");
  const apply = useChange("post", "/api/fleet/config", { invalidates: ["/api/fleet/drift", "/api/fleet/devices", "/api/fleet/devices/{device}", "/api/fleet/summary"] });
  const forget = () => { preview.reset(); apply.reset(); };
  const update = toUpdate(target, drafts, fields);
  const send = (isApplied: boolean) => update !== undefined && (isApplied ? apply : preview).mutate({ body: { ...update, apply: isApplied } });
  return (
    <div className="stack">
      <Card title={t.target}><TargetFields choice={target} onChange={(choice) => { forget(); setTarget(choice); }} /></Card>
      <Card title={t.settings}>
        <p className="quiet">{t.settingsLead}</p>
        <DataView query={schema}>
          {() => fields.map((field) => <SettingEditor key={field.name} field={field} draft={drafts[field.name]} onChange={(draft) => { forget(); setDrafts((before) => ({ ...before, [field.name]: draft })); }} />)}
        </DataView>
      </Card>
      <ProblemNotice error={preview.error ?? apply.error} />
      {apply.data !== undefined && <Notice tone="good" isAnnounced title={t.applied(apply.data.devices)} />}
      {apply.data === undefined && preview.data !== undefined && <ConfigDiff answer={preview.data} isPending={apply.isPending} onApply={() => send(true)} />}
      {preview.data === undefined && (
        <div className="row">
          <Button variant="primary" isDisabled={update === undefined} isPending={preview.isPending} onPress={() => send(false)}>{t.preview}</Button>
          {update === undefined && <span className="quiet">{toTarget(target) === undefined ? t.noTarget : t.nothing}</span>}
        </div>
      )}
    </div>
  );
}

/** The request; undefined while something is missing or not valid. */
function toUpdate(target: TargetChoice, drafts: Drafts, fields: readonly SettingField[]): Omit<Update, "apply"> | undefined {
  const chosen = toTarget(target);
  const settings: Record<string, unknown> = {};
  for (const field of fields) {
    const draft = drafts[field.name];
    if (draft === undefined) continue;
    const value = readDraft(field, draft);
    if (value === undefined) return undefined;
    settings[field.name] = value;
  }
  if (chosen === undefined || Object.keys(settings).length === 0) return undefined;
  return { target: chosen, settings };
}
