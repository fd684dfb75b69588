import { BUYERS, type PageRoute } from "../../routing/page-route";
import { plan } from "../../text/en/plan";

export const planRoutes: readonly PageRoute[] = [
  { path: "/plan", load: () => import("./Plan"), roles: BUYERS, navigation: { group: "buy", label: plan.title } },
  { path: "/plan/$id", load: () => import("./PlanResult"), roles: BUYERS },
];
