import type { PageRoute } from "../../routing/page-route";
import type { Role } from "../../api/session";
import { analytics as t } from "../../text/en/analytics";

const AUDIENCE_READERS: readonly Role[] = ["sales", "operations", "admin"];

export const analyticsRoutes: readonly PageRoute[] = [
  { path: "/analytics/map", load: () => import("./AttentionMap"), roles: AUDIENCE_READERS, navigation: { group: "analytics", label: t.map.title } },
  { path: "/analytics/time", load: () => import("./TimePatterns"), roles: AUDIENCE_READERS, navigation: { group: "analytics", label: t.time.title } },
  { path: "/analytics/demographics", load: () => import("./Demographics"), roles: AUDIENCE_READERS, navigation: { group: "analytics", label: t.demographics.title } },
  { path: "/analytics/locations", load: () => import("./Locations"), roles: AUDIENCE_READERS, navigation: { group: "analytics", label: t.locations.title } },
  { path: "/analytics/campaigns", load: () => import("./Campaigns"), roles: "everybody", navigation: { group: "analytics", label: t.campaigns.title } },
  { path: "/analytics/views", load: () => import("./Views"), roles: "everybody", navigation: { group: "analytics", label: t.views.title } },
];
