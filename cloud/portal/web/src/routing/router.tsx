import { createRootRoute, createRoute, createRouter, type AnyRoute } from "@tanstack/react-router";
import { lazy } from "react";
import { NotFound, PageFault } from "../shell/fallbacks";
import { Loading } from "../design/states";
import { Shell } from "../shell/Shell";
import { Gate } from "../shell/Gate";
import { parseSearch, writeSearch } from "./address";
import type { PageRoute } from "./page-route";

/** The router of a list of pages. Each page is loaded when it is opened, or a link to it is hovered. */
export function newRouter(routes: readonly PageRoute[]) {
  const root = createRootRoute({ component: Shell, notFoundComponent: NotFound });
  const pages = routes.map((route) => toRoute(root, route));
  return createRouter({
    routeTree: root.addChildren(pages),
    defaultPreload: "intent",
    defaultPendingComponent: Loading,
    defaultErrorComponent: PageFault,
    parseSearch,
    stringifySearch: writeSearch,
    scrollRestoration: true,
  });
}

function toRoute(root: AnyRoute, route: PageRoute): AnyRoute {
  const Content = lazy(route.load);
  const component = () => <Gate route={route}><Content /></Gate>;
  component.preload = async () => void (await route.load());
  return createRoute({ getParentRoute: () => root, path: route.path, component }) as AnyRoute;
}
