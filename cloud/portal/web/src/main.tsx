import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { newQueryClient } from "./api/queries";
import { findRoute } from "./routing/page-route";
import { newRouter } from "./routing/router";
import { ROUTES } from "./routes";
import { applyTheme, readTheme } from "./shell/theme";
import { prefetchSession } from "./shell/use-session";
import "./design/tokens.css";
import "./design/base.css";
import "./design/controls.css";
import "./design/content.css";
import "./design/page.css";

applyTheme(readTheme());
const cache = newQueryClient();
const first = findRoute(ROUTES, location.pathname);
if (first?.roles !== "public") prefetchSession(cache);
first?.load().catch(() => undefined); // the router loads it too, and reports a failure
const router = newRouter(ROUTES);
const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no element with the id root");
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={cache}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
