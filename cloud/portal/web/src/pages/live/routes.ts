import type { PageRoute } from "../../routing/page-route";
import { navigation } from "../../text/en/navigation";

export const liveRoutes: readonly PageRoute[] = [
  { path: "/live", load: () => import("./Live"), roles: ["sales", "operations", "admin"], navigation: { group: "measure", label: navigation.live } },
];
