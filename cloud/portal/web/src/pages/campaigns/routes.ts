import type { PageRoute } from "../../routing/page-route";
import { campaigns } from "../../text/en/campaigns";
import { creatives } from "../../text/en/creatives";

export const campaignRoutes: readonly PageRoute[] = [
  { path: "/campaigns", load: () => import("./Campaigns"), roles: "everybody", navigation: { group: "campaigns", label: campaigns.navigation } },
  { path: "/campaigns/$campaign", load: () => import("./Campaign"), roles: "everybody" },
  { path: "/creatives", load: () => import("./Creatives"), roles: "everybody", navigation: { group: "campaigns", label: creatives.navigation } },
];
