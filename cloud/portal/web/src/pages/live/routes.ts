import type { PageRoute } from "../../routing/page-route";
import { live } from "../../text/en/live";

export const liveRoutes: readonly PageRoute[] = [
  { path: "/live", load: () => import("./Live"), roles: ["sales", "operations", "admin"], navigation: { group: "measure", label: live.title } },
];
