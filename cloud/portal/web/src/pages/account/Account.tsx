import { useState } from "react";
import { useChange } from "../../api/client";
import { session, type Me } from "../../api/session";
import { Button, Card, Facts, Form, Notice, Page, ProblemNotice, TextField } from "../../design";
import { shortName } from "../../shell/AccountMenu";
import { useMe } from "../../shell/use-session";
import { account as t } from "../../text/en/account";

export default function Account() {
  const me = useMe();
  if (me === undefined) return null;
  return (
    <Page title={t.title}>
      <Card><Facts rows={listFacts(me)} /></Card>
      {me.user === null ? <Notice>{t.noUser}</Notice> : <ChangePassword />}
    </Page>
  );
}

function listFacts(me: Me): readonly (readonly [string, string])[] {
  return [
    [t.name, shortName(me)],
    [t.organisation, me.account],
    [t.roles, me.roles.map((role) => t.roleNames[role] ?? role).join(", ")],
    ...(me.clients.length > 0 ? [[t.clients, me.clients.join(", ")] as const] : []),
  ];
}

function ChangePassword() {
  const [current, setCurrent] = useState("");
  const [password, setPassword] = useState("");
  const change = useChange("put", "/api/password", { onSuccess: (me) => { session.begin(me); setCurrent(""); setPassword(""); } });
  const submit = () => change.mutate({ body: { present: current, wanted: password } });
  return (
    <Card title={t.changePassword}>
      <Form onSubmit={submit} className="stack narrow-form">
        <TextField label={t.currentPassword} type="password" autoComplete="current-password" isRequired maxLength={200} value={current} onChange={setCurrent} />
        <TextField label={t.newPassword} description={t.passwordRule} type="password" autoComplete="new-password" isRequired minLength={12} maxLength={200} value={password} onChange={setPassword} />
        <ProblemNotice error={change.error} />
        {change.isSuccess && <Notice tone="good" isAnnounced>{t.passwordChanged}</Notice>}
        <div><Button type="submit" variant="primary" isPending={change.isPending}>{t.changePassword}</Button></div>
      </Form>
    </Card>
  );
}
