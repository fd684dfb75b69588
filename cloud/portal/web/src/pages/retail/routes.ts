import type { Role } from "../../api/session";
import type { PageRoute } from "../../routing/page-route";
import { navigation } from "../../text/en/navigation";

const PRICING: readonly Role[] = ["pricing", "admin"];

export const retailRoutes: readonly PageRoute[] = [
  { path: "/retail/recommendations", load: () => import("./Recommendations"), roles: PRICING, navigation: { group: "retail", label: navigation.retailReview } },
  { path: "/retail/prices", load: () => import("./Prices"), roles: PRICING, navigation: { group: "retail", label: navigation.retailPrices } },
  { path: "/retail/products", load: () => import("./Product"), roles: PRICING, navigation: { group: "retail", label: navigation.retailProducts } },
  { path: "/retail/scenarios", load: () => import("./Scenarios"), roles: PRICING, navigation: { group: "retail", label: navigation.retailScenarios } },
  { path: "/retail/map", load: () => import("./PriceMap"), roles: PRICING, navigation: { group: "retail", label: navigation.retailMap } },
  { path: "/retail/experiments", load: () => import("./Experiments"), roles: PRICING, navigation: { group: "retail", label: navigation.retailExperiments } },
  { path: "/retail/experiments/$experiment", load: () => import("./Experiment"), roles: PRICING },
  { path: "/retail/effects", load: () => import("./Effects"), roles: PRICING, navigation: { group: "retail", label: navigation.retailEffects } },
  { path: "/retail/errors", load: () => import("./PriceErrors"), roles: PRICING, navigation: { group: "retail", label: navigation.retailErrors } },
  { path: "/retail/rules", load: () => import("./Rules"), roles: PRICING, navigation: { group: "retail", label: navigation.retailRules } },
];
