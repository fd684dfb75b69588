import type { Role } from "../../api/session";
import type { PageRoute } from "../../routing/page-route";
import { navigation } from "../../text/en/navigation";

const OPERATORS: readonly Role[] = ["operations", "admin"];
const READERS: readonly Role[] = ["operations", "sales", "admin"];
const entry = (label: string) => ({ group: "operations", label }) as const;

export const operationsRoutes: readonly PageRoute[] = [
  { path: "/operations/fleet", load: () => import("./Fleet"), roles: READERS, navigation: entry(navigation.fleet) },
  { path: "/operations/cameras/$id", load: () => import("./Camera"), roles: OPERATORS },
  { path: "/operations/alerts", load: () => import("./Alerts"), roles: READERS, navigation: entry(navigation.alerts) },
  { path: "/operations/jobs", load: () => import("./Jobs"), roles: OPERATORS, navigation: entry(navigation.jobs) },
  { path: "/operations/jobs/$id", load: () => import("./Job"), roles: OPERATORS },
  { path: "/operations/rollouts/new", load: () => import("./NewRollout"), roles: OPERATORS },
  { path: "/operations/config", load: () => import("./Config"), roles: OPERATORS, navigation: entry(navigation.config) },
  { path: "/operations/certificates", load: () => import("./Certificates"), roles: OPERATORS, navigation: entry(navigation.certificates) },
  { path: "/operations/dead-letters", load: () => import("./DeadLetters"), roles: OPERATORS, navigation: entry(navigation.deadLetters) },
  { path: "/operations/nightly", load: () => import("./Nightly"), roles: OPERATORS, navigation: entry(navigation.nightly) },
  { path: "/operations/catalogue", load: () => import("./Catalogue"), roles: OPERATORS, navigation: entry(navigation.catalogue) },
];
