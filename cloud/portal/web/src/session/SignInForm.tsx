import { useState } from "react";
import { useChange } from "../api/client";
import { session, type Me } from "../api/session";
import { Button } from "../design/Button";
import { TextField } from "../design/fields";
import { Form } from "../design/Form";
import { ProblemNotice } from "../design/states";
import { account as t } from "../text/en/account";

/** E-mail address and password; the session is a cookie that no script can read. */
export function SignInForm({ onDone }: { onDone: (me: Me) => void }) {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const signIn = useChange("post", "/api/sign-in", { onSuccess: (me) => { session.begin(me); onDone(me); } });
  const submit = () => signIn.mutate({ body: { email, password } });
  return (
    <Form onSubmit={submit} className="stack">
      <TextField label={t.email} type="email" autoComplete="username" isRequired maxLength={254} value={email} onChange={setEmail} />
      <TextField label={t.password} type="password" autoComplete="current-password" isRequired maxLength={200} value={password} onChange={setPassword} />
      <ProblemNotice error={signIn.error} />
      <div><Button type="submit" variant="primary" isPending={signIn.isPending}>{t.signIn}</Button></div>
    </Form>
  );
}
