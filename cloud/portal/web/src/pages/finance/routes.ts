import type { Role } from "../../api/session";
import type { PageRoute } from "../../routing/page-route";
import { navigation } from "../../text/en/navigation";

const ROLES: readonly Role[] = ["finance", "sales", "admin"];

export const financeRoutes: readonly PageRoute[] = [
  { path: "/finance/invoices", load: () => import("./Invoices"), roles: ROLES, navigation: { group: "finance", label: navigation.allInvoices } },
  { path: "/finance/make-goods", load: () => import("./MakeGoods"), roles: ROLES, navigation: { group: "finance", label: navigation.makeGoods } },
  { path: "/finance/revenue", load: () => import("./Revenue"), roles: ROLES, navigation: { group: "finance", label: navigation.revenue } },
];
