import type { PageRoute } from "../../routing/page-route";
import type { Role } from "../../api/session";
import { navigation } from "../../text/en/navigation";

const AUDIENCE_READERS: readonly Role[] = ["sales", "operations", "admin"];

export const analyticsRoutes: readonly PageRoute[] = [
  { path: "/analytics/map", load: () => import("./AttentionMap"), roles: AUDIENCE_READERS, navigation: { group: "analytics", label: navigation.attentionMap } },
  { path: "/analytics/time", load: () => import("./TimePatterns"), roles: AUDIENCE_READERS, navigation: { group: "analytics", label: navigation.timePatterns } },
  { path: "/analytics/demographics", load: () => import("./Demographics"), roles: AUDIENCE_READERS, navigation: { group: "analytics", label: navigation.visitors } },
  { path: "/analytics/locations", load: () => import("./Locations"), roles: AUDIENCE_READERS, navigation: { group: "analytics", label: navigation.effectiveness } },
  { path: "/analytics/campaigns", load: () => import("./Campaigns"), roles: "everybody", navigation: { group: "analytics", label: navigation.campaignReturn } },
  { path: "/analytics/views", load: () => import("./Views"), roles: "everybody", navigation: { group: "analytics", label: navigation.savedViews } },
];
