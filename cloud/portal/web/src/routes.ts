// All pages. An area lists its own: `src/pages/AREA/routes.ts`.

import type { PageRoute } from "./routing/page-route";
import { accountRoutes } from "./pages/account/routes";
import { adminRoutes } from "./pages/admin/routes";
import { analyticsRoutes } from "./pages/analytics/routes";
import { basketRoutes } from "./pages/basket/routes";
import { campaignRoutes } from "./pages/campaigns/routes";
import { exploreRoutes } from "./pages/explore/routes";
import { financeRoutes } from "./pages/finance/routes";
import { homeRoutes } from "./pages/home/routes";
import { invoiceRoutes } from "./pages/invoices/routes";
import { liveRoutes } from "./pages/live/routes";
import { notificationRoutes } from "./pages/notifications/routes";
import { orderRoutes } from "./pages/orders/routes";
import { planRoutes } from "./pages/plan/routes";
import { productRoutes } from "./pages/products/routes";
import { retailRoutes } from "./pages/retail/routes";
import { salesRoutes } from "./pages/sales/routes";
import { operationsRoutes } from "./pages/operations/routes";

export const ROUTES: readonly PageRoute[] = [
  ...homeRoutes,
  ...liveRoutes,
  ...exploreRoutes,
  ...planRoutes,
  ...accountRoutes,
  ...analyticsRoutes,
  ...basketRoutes,
  ...orderRoutes,
  ...campaignRoutes,
  ...invoiceRoutes,
  ...notificationRoutes,
  ...salesRoutes,
  ...financeRoutes,
  ...adminRoutes,
  ...operationsRoutes,
  ...productRoutes,
  ...retailRoutes,
];
