import type { PageRoute } from "../../routing/page-route";
import type { Role } from "../../api/session";
import { orders } from "../../text/en/orders";

const READERS: readonly Role[] = ["advertiser", "agency", "sales", "finance", "admin"];

export const orderRoutes: readonly PageRoute[] = [
  { path: "/orders", load: () => import("./Orders"), roles: READERS, navigation: { group: "buy", label: orders.navigation } },
  { path: "/orders/$order", load: () => import("./Order"), roles: READERS },
  { path: "/checkout/$order", load: () => import("./Checkout"), roles: READERS },
];
