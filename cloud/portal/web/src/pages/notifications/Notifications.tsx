import { useState } from "react";
import { useChange, useGet } from "../../api/client";
import { Button, DataView, Form, Notice, Page, ProblemNotice } from "../../design";
import { instantText } from "../../format/time";
import { useMe } from "../../shell/use-session";
import { common } from "../../text/en";
import { notifications as t } from "../../text/en/notifications";
import { ChoiceTable } from "./ChoiceTable";
import { findMissing, toBody, toForm, type PreferencesForm, type Stored } from "./preferences";
import { TargetFields, TimeFields } from "./PreferenceFields";

export default function Notifications() {
  const me = useMe();
  return (
    <Page title={t.title} lead={t.lead}>
      {me === undefined || me.user === null ? <Notice>{t.noUser}</Notice> : <Preferences user={me.user} />}
    </Page>
  );
}

function Preferences({ user }: { user: string }) {
  const query = useGet("/api/users/{user}/notifications", { params: { path: { user } } }, { staleTime: Infinity });
  return <DataView query={query}>{(stored) => <PreferencesFields key={stored.user} user={user} stored={stored} />}</DataView>;
}

function PreferencesFields({ user, stored }: { user: string; stored: Stored }) {
  const [form, setForm] = useState<PreferencesForm>(() => toForm(stored));
  const save = useChange("put", "/api/users/{user}/notifications", { invalidates: ["/api/users/{user}/notifications"] });
  const submit = () => save.mutate({ params: { path: { user } }, body: toBody(form) });
  const missing = findMissing(form);
  return (
    <Form onSubmit={submit} className="stack">
      {stored.webhook_disabled_at !== null && <Notice tone="warn">{t.webhookDisabled(instantText(stored.webhook_disabled_at))}</Notice>}
      <div className="columns"><TimeFields form={form} onChange={setForm} /><TargetFields form={form} onChange={setForm} /></div>
      <ChoiceTable form={form} onChange={setForm} />
      {missing.map((channel) => <Notice key={channel} tone="warn">{t.needs[channel]}</Notice>)}
      <ProblemNotice error={save.error} />
      {save.isSuccess && <Notice tone="good" isAnnounced>{t.saved}</Notice>}
      {save.data?.webhook_secret && <Notice tone="warn" title={t.secret} isAnnounced><code>{save.data.webhook_secret}</code><p>{t.secretDetail}</p></Notice>}
      <div><Button type="submit" variant="primary" isPending={save.isPending} isDisabled={missing.length > 0}>{common.save}</Button></div>
    </Form>
  );
}
