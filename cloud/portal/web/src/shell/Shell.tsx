import { Outlet, useRouter } from "@tanstack/react-router";
import { RouterProvider as AriaRouterProvider } from "react-aria-components";
import { shell, common } from "../text/en";
import { Header } from "./Header";
import { RenewDialog } from "./RenewDialog";
import { useMe } from "./use-session";

/** The frame of all pages. */
export function Shell() {
  const router = useRouter();
  const me = useMe();
  const navigate = (to: string) => void router.navigate({ to });
  return (
    <AriaRouterProvider navigate={navigate}>
      <a className="skip" href="#content">{common.skip}</a>
      <Header />
      <Outlet />
      <footer className="shell-foot">
        <a href="/docs">{shell.reference}</a>
        <a href="/status">{shell.status}</a>
        {me !== undefined && me.user === null && <span>{shell.openAccess}</span>}
      </footer>
      <RenewDialog />
    </AriaRouterProvider>
  );
}
