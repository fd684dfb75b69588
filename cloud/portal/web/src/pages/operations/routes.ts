import type { Role } from "../../api/session";
import type { PageRoute } from "../../routing/page-route";
import { operations } from "../../text/en/operations";

const OPERATORS: readonly Role[] = ["operations", "admin"];
const READERS: readonly Role[] = ["operations", "sales", "admin"];
const entry = (label: string) => ({ group: "operations", label }) as const;
const t = operations.pages;

export const operationsRoutes: readonly PageRoute[] = [
  { path: "/operations/fleet", load: () => import("./Fleet"), roles: READERS, navigation: entry(t.fleet) },
  { path: "/operations/cameras/$id", load: () => import("./Camera"), roles: OPERATORS },
  { path: "/operations/alerts", load: () => import("./Alerts"), roles: READERS, navigation: entry(t.alerts) },
  { path: "/operations/jobs", load: () => import("./Jobs"), roles: OPERATORS, navigation: entry(t.jobs) },
  { path: "/operations/jobs/$id", load: () => import("./Job"), roles: OPERATORS },
  { path: "/operations/rollouts/new", load: () => import("./NewRollout"), roles: OPERATORS },
  { path: "/operations/config", load: () => import("./Config"), roles: OPERATORS, navigation: entry(t.config) },
  { path: "/operations/certificates", load: () => import("./Certificates"), roles: OPERATORS, navigation: entry(t.certificates) },
  { path: "/operations/dead-letters", load: () => import("./DeadLetters"), roles: OPERATORS, navigation: entry(t.deadLetters) },
  { path: "/operations/nightly", load: () => import("./Nightly"), roles: OPERATORS, navigation: entry(t.nightly) },
  { path: "/operations/catalogue", load: () => import("./Catalogue"), roles: OPERATORS, navigation: entry(t.catalogue) },
];
