import type { PageRoute } from "../../routing/page-route";
import type { Role } from "../../api/session";
import { navigation } from "../../text/en/navigation";

const READERS: readonly Role[] = ["advertiser", "agency", "sales", "finance", "admin"];

export const orderRoutes: readonly PageRoute[] = [
  { path: "/orders", load: () => import("./Orders"), roles: READERS, navigation: { group: "buy", label: navigation.orders } },
  { path: "/orders/$order", load: () => import("./Order"), roles: READERS },
  { path: "/checkout/$order", load: () => import("./Checkout"), roles: READERS },
];
