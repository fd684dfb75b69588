// The typed client of the API, and its two hooks.
//
//   const locations = useGet("/api/locations");
//   const plan = useGet("/api/pricing/plans/{plan}", { params: { path: { plan } } }, { refetchInterval: 5000 });
//   const hold = useChange("post", "/api/holds");   hold.mutate({ body: { ... } })

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { UseMutationResult, UseQueryOptions, UseQueryResult } from "@tanstack/react-query";
import createClient from "openapi-fetch";
import type { FetchResponse, MaybeOptionalInit } from "openapi-fetch";
import type { HttpMethod, MediaType, PathsWithMethod, RequiredKeysOf } from "openapi-typescript-helpers";
import { useRef, useSyncExternalStore } from "react";
import { clientStore } from "../clients/client-store";
import { addAccount } from "./account-scope";
import { sendRequest } from "./fetch";
import { newKey } from "./key";
import type { ApiProblem } from "./problem";
import type { components, paths } from "./schema";

/** A schema of the OpenAPI document, such as `Schema<"PriceResponse">`. */
export type Schema<Name extends keyof components["schemas"]> = components["schemas"][Name];

export const api = createClient<paths>({ baseUrl: location.origin, fetch: (request) => sendRequest(request) });

type Change = Exclude<HttpMethod, "get" | "head" | "options" | "trace">;
/** Headers are optional: `useChange` and `sendRequest` add the key that a change requires. */
type WithoutHeaders<Operation> = Operation extends { parameters: infer Parameters }
  ? Omit<Operation, "parameters"> & { parameters: Omit<Parameters, "header"> & { header?: Record<string, string> } }
  : Operation;
type Init<Path extends keyof paths, Method extends HttpMethod> =
  MaybeOptionalInit<{ [One in Method]: One extends keyof paths[Path] ? WithoutHeaders<paths[Path][One]> : never }, Method>;
type Given<Path extends keyof paths, Method extends HttpMethod> =
  RequiredKeysOf<Init<Path, Method>> extends never ? Init<Path, Method> | void : Init<Path, Method>;
type Data<Path extends keyof paths, Method extends HttpMethod> = Method extends keyof paths[Path]
  ? paths[Path][Method] extends Record<string | number, unknown>
    ? Exclude<FetchResponse<paths[Path][Method], object, MediaType>["data"], undefined>
    : never
  : never;
type GetPath = PathsWithMethod<paths, "get">;
type Options<Path extends GetPath> = Omit<UseQueryOptions<Data<Path, "get">, ApiProblem>, "queryKey" | "queryFn">;
type Call = (path: string, init?: object) => Promise<{ data?: unknown }>;

/** The key of a request in the cache: `invalidate(["/api/holds"])` covers all requests of a path. */
export const queryKey = (path: string, init?: unknown): readonly unknown[] => (init ? [path, init] : [path]);

export function useGet<Path extends GetPath>(
  path: Path,
  init?: Given<Path, "get">,
  options?: Options<Path>,
): UseQueryResult<Data<Path, "get">, ApiProblem> {
  const call = api.GET as Call;
  const asked = addAccount("get", path, init, useSyncExternalStore(clientStore.subscribe, clientStore.get));
  return useQuery<Data<Path, "get">, ApiProblem>({
    ...options,
    queryKey: queryKey(path, asked),
    queryFn: async ({ signal }) => (await call(path, { ...(asked as object), signal })).data as Data<Path, "get">,
  });
}

/** Read once, outside of a component. */
export async function getOnce<Path extends GetPath>(path: Path, init?: Given<Path, "get">): Promise<Data<Path, "get">> {
  return (await (api.GET as Call)(path, addAccount("get", path, init as object, clientStore.get()))).data as Data<Path, "get">;
}

export interface ChangeOptions<Result> {
  /** Paths whose answers are read again after a success. */
  invalidates?: readonly GetPath[];
  onSuccess?: (result: Result) => void;
}

/** A change. The same values sent again after a failure have the same idempotency key. */
export function useChange<Method extends Change, Path extends PathsWithMethod<paths, Method>>(
  method: Method,
  path: Path,
  options: ChangeOptions<Data<Path, Method>> = {},
): UseMutationResult<Data<Path, Method>, ApiProblem, Given<Path, Method>> {
  const cache = useQueryClient();
  const sent = useRef({ values: "", key: "" });
  return useMutation<Data<Path, Method>, ApiProblem, Given<Path, Method>>({
    mutationFn: async (asked) => {
      const given = addAccount(method, path, asked, clientStore.get());
      const values = JSON.stringify(given ?? null);
      if (sent.current.values !== values) sent.current = { values, key: newKey() };
      const headers = { "Idempotency-Key": sent.current.key };
      const call = api[method.toUpperCase() as "POST"] as Call;
      return (await call(path, { headers, ...(given as object | undefined) })).data as Data<Path, Method>;
    },
    onSuccess: async (result) => {
      sent.current = { values: "", key: "" };
      const stale = (options.invalidates ?? []).map((one) => cache.invalidateQueries({ queryKey: [one] }));
      await Promise.all(stale);
      options.onSuccess?.(result);
    },
  });
}
