import { useRouter } from "@tanstack/react-router";
import { Suspense, useEffect, type ReactNode } from "react";
import { OfOneClient } from "../clients/ChooseClient";
import { Page } from "../design/Page";
import { ErrorState, Loading, NoPermission } from "../design/states";
import { isShownTo, type PageRoute } from "../routing/page-route";
import { common } from "../text/en";
import { useMe, useSessionState } from "./use-session";

/** A page that needs a session leads to the sign-in, which leads back. */
export function Gate({ route, children }: { route: PageRoute; children: ReactNode }) {
  const content = <Suspense fallback={<div className="page"><Loading /></div>}>{children}</Suspense>;
  return route.roles === "public" ? content : <SessionGate route={route}>{content}</SessionGate>;
}

function SessionGate({ route, children }: { route: PageRoute; children: ReactNode }) {
  const { state, error, retry } = useSessionState();
  const me = useMe();
  if (state === "unknown") return <div className="page"><Loading /></div>;
  if (state === "failed") return <Page title={common.noAnswer}><ErrorState error={error} onRetry={retry} /></Page>;
  if (me === undefined) return <ToSignIn />;
  if (!isShownTo(route, me.roles)) return <Page title={common.noPermission}><NoPermission /></Page>;
  return route.isOfOneClient ? <OfOneClient>{children}</OfOneClient> : <>{children}</>;
}

/** Reads the address once: it changes before this page is gone. */
function ToSignIn() {
  const router = useRouter();
  useEffect(() => {
    const next = router.state.location.href;
    void router.navigate({ to: "/sign-in", search: { next } as never, replace: true });
  }, [router]);
  return <div className="page"><Loading /></div>;
}
