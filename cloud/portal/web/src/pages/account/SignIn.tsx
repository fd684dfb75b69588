import { useNavigate } from "@tanstack/react-router";
import { useGet } from "../../api/client";
import { Link, Page } from "../../design";
import { safeNext, useSearchText } from "../../routing/address";
import { SignInForm } from "../../session/SignInForm";
import { account as t } from "../../text/en/account";

export default function SignIn() {
  const [next] = useSearchText("next");
  const navigate = useNavigate();
  const ways = useGet("/api/sign-in").data;
  return (
    <Page title={t.signIn} isNarrow>
      <SignInForm onDone={() => void navigate({ href: safeNext(next) })} />
      {ways?.reset_by_mail && <p><Link to="/password">{t.setPassword}</Link></p>}
      {ways?.openid && <p><a href="/api/sign-in/openid">{t.openid}</a></p>}
    </Page>
  );
}
