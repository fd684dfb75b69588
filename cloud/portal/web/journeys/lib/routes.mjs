// The pages of the router, as the build has listed them, with addresses and roles to visit them.

import { readFileSync } from "node:fs";

const FILE = new URL("../../../bundle/routes.json", import.meta.url);

export function readRoutes() {
  return JSON.parse(readFileSync(FILE, "utf8"));
}

/** The address of a route: the one that a seed names, or with a seeded object for each parameter. */
export function fillPath(path, parameters) {
  if (path in parameters) return { filled: parameters[path] };
  const missing = [];
  const filled = path.replace(/\$(\w+)/g, (_, name) => {
    if (!(name in parameters)) missing.push(name);
    return encodeURIComponent(parameters[name] ?? "");
  });
  return missing.length > 0 ? { missing } : { filled };
}

/** The role that visits a page: the first of the page. */
export function visitorOf(route) {
  if (route.roles === "public") return null;
  return route.roles === "everybody" ? "advertiser" : route.roles[0];
}

export const nameOf = (path) => path.replace(/^\//, "").replaceAll("/", "-").replaceAll("$", "") || "home";
