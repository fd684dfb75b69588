import type { PageRoute } from "../../routing/page-route";

export const homeRoutes: readonly PageRoute[] = [
  { path: "/", load: () => import("./Home"), roles: "everybody" },
];
