import { useEffect, useState } from "react";
import { useChange } from "../../api/client";
import { Button, Form, LinkButton, Notice, Page, ProblemNotice, TextField } from "../../design";
import { account as t } from "../../text/en/account";

/** The token of a link is behind # in the address, which a browser sends to no server. */
export default function Password() {
  const token = useToken();
  return token === "" ? <AskForLink /> : <ChoosePassword key={token} token={token} />;
}

/** Takes the token out of the address and the history at once. */
function useToken(): string {
  const [token, setToken] = useState(() => location.hash.slice(1));
  useEffect(() => {
    const take = () => {
      if (location.hash.length > 1) setToken(location.hash.slice(1));
      history.replaceState(history.state, "", location.pathname);
    };
    take();
    addEventListener("hashchange", take); // a link that is opened in this tab
    return () => removeEventListener("hashchange", take);
  }, []);
  return token;
}

function AskForLink() {
  const [email, setEmail] = useState("");
  const ask = useChange("post", "/api/password/reset");
  const submit = () => ask.mutate({ body: { email } });
  return (
    <Page title={t.setPassword} isNarrow>
      {ask.isSuccess ? <Notice tone="good" isAnnounced>{t.linkSent}</Notice> : (
        <Form onSubmit={submit}>
          <TextField label={t.email} type="email" autoComplete="username" isRequired maxLength={254} value={email} onChange={setEmail} />
          <ProblemNotice error={ask.error} />
          <div><Button type="submit" variant="primary" isPending={ask.isPending}>{t.sendLink}</Button></div>
        </Form>
      )}
    </Page>
  );
}

function ChoosePassword({ token }: { token: string }) {
  const [password, setPassword] = useState("");
  const choose = useChange("post", "/api/password/token");
  const submit = () => choose.mutate({ body: { token, password } });
  return (
    <Page title={t.choosePassword} isNarrow>
      {choose.isSuccess ? (
        <>
          <Notice tone="good" isAnnounced>{t.passwordSet}</Notice>
          <div><LinkButton to="/sign-in" variant="primary">{t.signIn}</LinkButton></div>
        </>
      ) : (
        <Form onSubmit={submit}>
          <TextField label={t.newPassword} description={t.passwordRule} type="password" autoComplete="new-password" isRequired minLength={12} maxLength={200} value={password} onChange={setPassword} />
          <ProblemNotice error={choose.error} />
          <div><Button type="submit" variant="primary" isPending={choose.isPending}>{t.choosePassword}</Button></div>
        </Form>
      )}
    </Page>
  );
}
