import { useLocation } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { listChoices } from "../clients/client-store";
import { Link } from "../design/Link";
import { Mark } from "../design/icons";
import { ROUTES } from "../routes";
import { common, shell } from "../text/en";
import { AccountMenu } from "./AccountMenu";
import { GroupMenu, NarrowMenu } from "./menus";
import { groupPages, type PageGroup } from "./navigation";
import { ThemeMenu } from "./ThemeMenu";
import { useMe } from "./use-session";

const ClientSelect = lazy(() => import("../clients/ClientSelect"));

export function Header() {
  const me = useMe();
  const path = useLocation().pathname;
  const groups = me === undefined ? [] : groupPages(ROUTES, me.roles);
  return (
    <header className="shell-head">
      <Link to="/" className="brand"><Mark />{common.product}</Link>
      {groups.length > 0 && (
        <nav className="shell-nav" aria-label={shell.navigation}>
          {groups.map((group) => <GroupEntry key={group.id} group={group} path={path} />)}
        </nav>
      )}
      <div className="shell-tools">
        {listChoices(me).length > 0 && <Suspense fallback={null}><ClientSelect /></Suspense>}
        <ThemeMenu />
        {me !== undefined && <AccountMenu me={me} />}
        {groups.length > 0 && <NarrowMenu groups={groups} />}
      </div>
    </header>
  );
}

/** A group of one page is a link, a larger one a menu. */
function GroupEntry({ group, path }: { group: PageGroup; path: string }) {
  const [only] = group.pages;
  const isCurrent = group.pages.some((page) => path === page.path || path.startsWith(`${page.path}/`));
  if (group.pages.length > 1 || only === undefined) return <GroupMenu group={group} isCurrent={isCurrent} path={path} />;
  return <Link to={only.path} className={isCurrent ? "nav-item current" : "nav-item"}>{only.label}</Link>;
}
