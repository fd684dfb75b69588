// Which requests are of the client that an agency acts for: they name its account.
//
// A path of the OpenAPI document that takes an account and is missing here fails the type check.

import type { HttpMethod } from "openapi-typescript-helpers";
import type { paths } from "./schema";

type QueryOf<Path extends keyof paths, Method extends HttpMethod> =
  paths[Path] extends Record<Method, { parameters: { query?: infer Query } }> ? Exclude<Query, undefined> : never;
type HasAccount<Fields> = [Fields] extends [never] ? false : "account" extends keyof Fields ? true : false;
type WithAccount<Method extends HttpMethod> = {
  [Path in keyof paths]: HasAccount<QueryOf<Path, Method>> extends true ? Path : never;
}[keyof paths];

/** Reads; false: the account is no client of an agency. */
const READS: Readonly<Record<WithAccount<"get">, boolean>> = {
  "/api/analytics/campaigns": true,
  "/api/brands": true,
  "/api/briefs": true,
  "/api/campaigns": true,
  "/api/creative-tests": true,
  "/api/creatives": true,
  "/api/holds": true,
  "/api/inventory": true,
  "/api/invoices": true,
  "/api/invoices.csv": true,
  "/api/make-goods": true,
  "/api/openrtb/deals": true,
  "/api/orders": true,
  "/api/orders.csv": true,
  "/api/payments": true,
  "/api/pricing/calendar": true,
  "/api/pricing/explain/{location}/{time_slot}": true,
  "/api/pricing/plans": true,
  "/api/pricing/screens": true,
  "/api/pricing/slot/{location}/{time_slot}": true,
  "/api/proposals": true,
  "/api/users": false,
};
const CHANGES: Readonly<Record<WithAccount<"post">, boolean>> = {
  "/api/briefs": true,
  "/api/holds": true,
  "/api/pricing/batch": true,
  "/api/pricing/optimize": true,
  "/api/pricing/plans": true,
  "/api/quotes": true,
};
/** Changes that name the account in their body. */
const BODIES: readonly (keyof paths)[] = ["/api/orders", "/api/creatives", "/api/creative-tests", "/api/brands"];

interface RequestInit {
  params?: { query?: Record<string, unknown> };
  body?: Record<string, unknown>;
}

const names = (list: object, path: string): boolean => (list as Record<string, boolean>)[path] === true;

/** The request for an account; as it was where it names one itself, or belongs to no account. */
export function addAccount<Init>(method: string, path: string, init: Init, account: string | null): Init {
  if (account === null) return init;
  const { params, body, ...rest } = (init ?? {}) as RequestInit;
  if (method === "post" && (BODIES as readonly string[]).includes(path)) {
    return { ...rest, params, body: { account, ...body } } as Init;
  }
  if (!names(method === "get" ? READS : method === "post" ? CHANGES : {}, path)) return init;
  const query = { ...params?.query, account: params?.query?.account ?? account };
  return { ...rest, ...(body && { body }), params: { ...params, query } } as Init;
}
