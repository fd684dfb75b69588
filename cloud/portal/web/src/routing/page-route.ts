// What the router, the navigation and the tests know of a page.

import type { ComponentType } from "react";
import type { Role } from "../api/session";

export type NavigationGroup = "measure" | "buy" | "campaigns" | "sales" | "finance" | "operations" | "analytics" | "retail" | "account";

export interface PageRoute {
  /** As TanStack Router writes it, such as `/orders/$order`. */
  readonly path: string;
  /** The module of the page, loaded when it is first opened. */
  readonly load: () => Promise<{ default: ComponentType }>;
  /** Who sees it in the navigation; "public" pages are shown without a session. The API decides what is allowed. */
  readonly roles: "public" | "everybody" | readonly Role[];
  /** A user of an agency chooses a client first. */
  readonly isOfOneClient?: boolean;
  /** Its entry in the navigation; pages without one are reached by links. */
  readonly navigation?: { readonly group: NavigationGroup; readonly label: string };
}

export const STAFF: readonly Role[] = ["sales", "operations", "finance", "admin"];
export const BUYERS: readonly Role[] = ["advertiser", "agency", "sales", "admin"];

export function isShownTo(route: PageRoute, roles: readonly Role[]): boolean {
  if (route.roles === "public" || route.roles === "everybody") return true;
  return route.roles.some((role) => roles.includes(role));
}

/** The page of a path without parameters, before there is a router. */
export function findRoute(routes: readonly PageRoute[], path: string): PageRoute | undefined {
  return routes.find((route) => route.path === path);
}
