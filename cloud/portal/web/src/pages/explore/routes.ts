import { BUYERS, type PageRoute } from "../../routing/page-route";
import { navigation } from "../../text/en/navigation";

export const exploreRoutes: readonly PageRoute[] = [
  { path: "/explore", load: () => import("./Explore"), roles: BUYERS, isOfOneClient: true, navigation: { group: "buy", label: navigation.prices } },
  { path: "/screens/$id", load: () => import("./Screen"), roles: BUYERS, isOfOneClient: true },
];
