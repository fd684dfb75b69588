import type { Role } from "../../api/session";
import type { PageRoute } from "../../routing/page-route";
import { navigation } from "../../text/en/navigation";

const SALES: readonly Role[] = ["sales", "admin"];
const SALES_AND_FINANCE: readonly Role[] = ["sales", "finance", "admin"];
const PROPOSALS: readonly Role[] = ["sales", "finance", "admin", "advertiser", "agency"];

export const salesRoutes: readonly PageRoute[] = [
  { path: "/sales/approvals", load: () => import("./Approvals"), roles: SALES_AND_FINANCE, navigation: { group: "sales", label: navigation.approvals } },
  { path: "/sales/proposals", load: () => import("./Proposals"), roles: PROPOSALS, navigation: { group: "sales", label: navigation.proposals } },
  { path: "/sales/holds", load: () => import("./Holds"), roles: SALES, navigation: { group: "sales", label: navigation.holds } },
  { path: "/sales/deals", load: () => import("./Deals"), roles: SALES, navigation: { group: "sales", label: navigation.deals } },
  { path: "/sales/overrides", load: () => import("./Overrides"), roles: SALES, navigation: { group: "sales", label: navigation.setPrices } },
  { path: "/sales/rate-card", load: () => import("./RateCard"), roles: SALES_AND_FINANCE, navigation: { group: "sales", label: navigation.rateCard } },
  { path: "/sales/inventory", load: () => import("./Inventory"), roles: SALES, navigation: { group: "sales", label: navigation.inventory } },
];
