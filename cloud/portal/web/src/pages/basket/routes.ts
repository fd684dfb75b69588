import { BUYERS, type PageRoute } from "../../routing/page-route";
import { basket } from "../../text/en/basket";

export const basketRoutes: readonly PageRoute[] = [
  { path: "/basket", load: () => import("./Basket"), roles: BUYERS, navigation: { group: "buy", label: basket.navigation } },
];
