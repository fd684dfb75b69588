import { Outlet, useRouter } from "@tanstack/react-router";
import { Fragment, lazy, Suspense, useEffect } from "react";
import { RouterProvider as AriaRouterProvider } from "react-aria-components";
import { useClient } from "../clients/use-client";
import { shell, common } from "../text/en";
import { Header } from "./Header";
import { useIsExpired, useMe } from "./use-session";

const loadRenewDialog = () => import("./RenewDialog");
const RenewDialog = lazy(loadRenewDialog);
const PRELOAD_AFTER_MS = 5_000;

/** The frame of all pages. Another client is another page: nothing of the former one stays. */
export function Shell() {
  const router = useRouter();
  const me = useMe();
  const client = useClient();
  const navigate = (to: string) => void router.navigate({ to });
  return (
    <AriaRouterProvider navigate={navigate}>
      <a className="skip" href="#content">{common.skip}</a>
      <Header />
      <Fragment key={client}><Outlet /></Fragment>
      <footer className="shell-foot">
        <a href="/docs">{shell.reference}</a>
        <a href="/status">{shell.status}</a>
        {me !== undefined && me.user === null && <span>{shell.openAccess}</span>}
      </footer>
      <Renewal />
    </AriaRouterProvider>
  );
}

/** The dialog of an expired session: loaded after the first page, so that it is there when it is needed. */
function Renewal() {
  const isExpired = useIsExpired();
  useEffect(() => {
    const timer = setTimeout(() => void loadRenewDialog(), PRELOAD_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  return isExpired ? <Suspense fallback={null}><RenewDialog /></Suspense> : null;
}
