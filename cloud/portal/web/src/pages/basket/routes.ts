import { BUYERS, type PageRoute } from "../../routing/page-route";
import { navigation } from "../../text/en/navigation";

export const basketRoutes: readonly PageRoute[] = [
  { path: "/basket", load: () => import("./Basket"), roles: BUYERS, isOfOneClient: true, navigation: { group: "buy", label: navigation.basket } },
];
