import { BUYERS, type PageRoute } from "../../routing/page-route";
import { explore } from "../../text/en/explore";

export const exploreRoutes: readonly PageRoute[] = [
  { path: "/explore", load: () => import("./Explore"), roles: BUYERS, navigation: { group: "buy", label: explore.title } },
  { path: "/screens/$id", load: () => import("./Screen"), roles: BUYERS },
];
