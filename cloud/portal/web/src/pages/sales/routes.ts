import type { Role } from "../../api/session";
import type { PageRoute } from "../../routing/page-route";
import { inventory } from "../../text/en/inventory";
import { rateCard } from "../../text/en/rate-card";
import { sales } from "../../text/en/sales";

const SALES: readonly Role[] = ["sales", "admin"];
const SALES_AND_FINANCE: readonly Role[] = ["sales", "finance", "admin"];
const PROPOSALS: readonly Role[] = ["sales", "finance", "admin", "advertiser", "agency"];

export const salesRoutes: readonly PageRoute[] = [
  { path: "/sales/approvals", load: () => import("./Approvals"), roles: SALES_AND_FINANCE, navigation: { group: "sales", label: sales.approvals.title } },
  { path: "/sales/proposals", load: () => import("./Proposals"), roles: PROPOSALS, navigation: { group: "sales", label: sales.proposals.title } },
  { path: "/sales/holds", load: () => import("./Holds"), roles: SALES, navigation: { group: "sales", label: sales.holds.title } },
  { path: "/sales/deals", load: () => import("./Deals"), roles: SALES, navigation: { group: "sales", label: sales.deals.title } },
  { path: "/sales/overrides", load: () => import("./Overrides"), roles: SALES, navigation: { group: "sales", label: sales.overrides.title } },
  { path: "/sales/rate-card", load: () => import("./RateCard"), roles: SALES_AND_FINANCE, navigation: { group: "sales", label: rateCard.title } },
  { path: "/sales/inventory", load: () => import("./Inventory"), roles: SALES, navigation: { group: "sales", label: inventory.title } },
];
