import type { Role } from "../api/session";
import { isShownTo, type NavigationGroup, type PageRoute } from "../routing/page-route";

export interface PageGroup {
  id: NavigationGroup;
  pages: readonly { path: string; label: string }[];
}

const ORDER: readonly NavigationGroup[] = ["measure", "buy", "campaigns", "sales", "finance", "operations", "analytics", "retail"];

/** The pages of the navigation that some roles see, by group; pages of the account are in its own menu. */
export function groupPages(routes: readonly PageRoute[], roles: readonly Role[]): readonly PageGroup[] {
  return ORDER.map((id) => ({ id, pages: listPages(routes, roles, id) })).filter((group) => group.pages.length > 0);
}

export function listPages(routes: readonly PageRoute[], roles: readonly Role[], group: NavigationGroup) {
  return routes.flatMap((route) =>
    route.navigation?.group === group && isShownTo(route, roles) ? [{ path: route.path, label: route.navigation.label }] : [],
  );
}
