import type { PageRoute } from "../../routing/page-route";
import { notifications } from "../../text/en/notifications";

export const notificationRoutes: readonly PageRoute[] = [
  { path: "/account/notifications", load: () => import("./Notifications"), roles: "everybody", navigation: { group: "account", label: notifications.navigation } },
];
