import type { PageRoute } from "../../routing/page-route";
import { navigation } from "../../text/en/navigation";

export const accountRoutes: readonly PageRoute[] = [
  { path: "/sign-in", load: () => import("./SignIn"), roles: "public" },
  { path: "/password", load: () => import("./Password"), roles: "public" },
  { path: "/account", load: () => import("./Account"), roles: "everybody", navigation: { group: "account", label: navigation.account } },
];
