import type { PageRoute } from "../../routing/page-route";
import { navigation } from "../../text/en/navigation";

export const campaignRoutes: readonly PageRoute[] = [
  { path: "/campaigns", load: () => import("./Campaigns"), roles: "everybody", navigation: { group: "campaigns", label: navigation.campaigns } },
  { path: "/campaigns/$campaign", load: () => import("./Campaign"), roles: "everybody" },
  { path: "/creatives", load: () => import("./Creatives"), roles: "everybody", navigation: { group: "campaigns", label: navigation.creatives } },
];
