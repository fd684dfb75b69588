import { BUYERS, type PageRoute } from "../../routing/page-route";
import { navigation } from "../../text/en/navigation";

export const planRoutes: readonly PageRoute[] = [
  { path: "/plan", load: () => import("./Plan"), roles: BUYERS, isOfOneClient: true, navigation: { group: "buy", label: navigation.plan } },
  { path: "/plan/$id", load: () => import("./PlanResult"), roles: BUYERS },
];
