import type { Role } from "../../api/session";
import type { PageRoute } from "../../routing/page-route";
import { navigation } from "../../text/en/navigation";

const ACCOUNTS: readonly Role[] = ["sales", "finance", "admin"];
const USERS: readonly Role[] = ["admin"];

export const adminRoutes: readonly PageRoute[] = [
  { path: "/admin/accounts", load: () => import("./Accounts"), roles: ACCOUNTS, navigation: { group: "account", label: navigation.accounts } },
  { path: "/admin/users", load: () => import("./Users"), roles: USERS, navigation: { group: "account", label: navigation.users } },
];
