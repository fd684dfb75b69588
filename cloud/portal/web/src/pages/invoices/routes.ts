import type { PageRoute } from "../../routing/page-route";
import type { Role } from "../../api/session";
import { navigation } from "../../text/en/navigation";

const READERS: readonly Role[] = ["advertiser", "agency", "sales", "finance", "admin"];

export const invoiceRoutes: readonly PageRoute[] = [
  { path: "/invoices", load: () => import("./Invoices"), roles: READERS, navigation: { group: "campaigns", label: navigation.invoices } },
  { path: "/invoices/$invoice", load: () => import("./Invoice"), roles: READERS },
];
