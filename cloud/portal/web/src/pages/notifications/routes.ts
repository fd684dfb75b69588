import type { PageRoute } from "../../routing/page-route";
import { navigation } from "../../text/en/navigation";

export const notificationRoutes: readonly PageRoute[] = [
  { path: "/account/notifications", load: () => import("./Notifications"), roles: "everybody", navigation: { group: "account", label: navigation.notifications } },
];
