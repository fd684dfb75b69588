import { Button, Card, Checkbox, DateField, Select, TextField } from "../../design";
import { viewerZone } from "../../format/time";
import { notifications as t } from "../../text/en/notifications";
import type { PreferencesForm } from "./preferences";

export interface FieldsProps {
  form: PreferencesForm;
  onChange: (form: PreferencesForm) => void;
}

/** When something is sent: by the clock of the user. */
export function TimeFields({ form, onChange }: FieldsProps) {
  const set = (change: Partial<PreferencesForm>) => onChange({ ...form, ...change });
  const here = viewerZone();
  return (
    <Card title={t.when}>
      <div className="stack">
        <Select label={t.zone} choices={listZones(form.zone)} value={form.zone} onChange={(zone) => set({ zone })} />
        {here !== form.zone && <div><Button isSmall onPress={() => set({ zone: here })}>{t.zoneHere(here)}</Button></div>}
        <DateField label={t.digestAt} description={t.digestDetail} kind="time" isRequired value={form.digestAt} onChange={(digestAt) => set({ digestAt })} />
        <Checkbox isSelected={form.hasQuiet} onChange={(hasQuiet) => set({ hasQuiet })}>{t.quietOn}</Checkbox>
        {form.hasQuiet && (
          <div className="fields">
            <DateField label={t.from} kind="time" isRequired value={form.from} onChange={(from) => set({ from })} />
            <DateField label={t.until} kind="time" isRequired value={form.until} onChange={(until) => set({ until })} />
          </div>
        )}
        <p className="quiet">{t.quietDetail}</p>
      </div>
    </Card>
  );
}

export function TargetFields({ form, onChange }: FieldsProps) {
  const set = (change: Partial<PreferencesForm>) => onChange({ ...form, ...change });
  return (
    <Card title={t.where}>
      <div className="stack">
        <TextField label={t.phone} description={t.phoneDetail} type="tel" autoComplete="tel" maxLength={16} value={form.phone} onChange={(phone) => set({ phone })} />
        <TextField label={t.webhook} description={t.webhookDetail} type="url" maxLength={2000} value={form.webhook} onChange={(webhook) => set({ webhook })} />
      </div>
    </Card>
  );
}

/** The zones that the browser knows, with the stored one, which it may not know. */
function listZones(stored: string) {
  const known = Intl.supportedValuesOf("timeZone");
  return [...new Set([stored, "UTC", ...known])].map((zone) => ({ value: zone, label: zone.replaceAll("_", " ") }));
}
