import { STAFF, type PageRoute } from "../../routing/page-route";
import { navigation } from "../../text/en/navigation";

export const productRoutes: readonly PageRoute[] = [
  { path: "/products", load: () => import("./Products"), roles: STAFF, navigation: { group: "analytics", label: navigation.dataProducts } },
  { path: "/products/$name", load: () => import("./Product"), roles: STAFF },
];
