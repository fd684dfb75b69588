import type { Role } from "../../api/session";
import type { PageRoute } from "../../routing/page-route";
import { finance } from "../../text/en/finance";

const ROLES: readonly Role[] = ["finance", "sales", "admin"];

export const financeRoutes: readonly PageRoute[] = [
  { path: "/finance/invoices", load: () => import("./Invoices"), roles: ROLES, navigation: { group: "finance", label: finance.invoices.menu } },
  { path: "/finance/make-goods", load: () => import("./MakeGoods"), roles: ROLES, navigation: { group: "finance", label: finance.makeGoods.title } },
  { path: "/finance/revenue", load: () => import("./Revenue"), roles: ROLES, navigation: { group: "finance", label: finance.revenue.menu } },
];
