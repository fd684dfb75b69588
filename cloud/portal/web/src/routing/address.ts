// Parameters and search texts of the page's address.

import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";

/** A parameter of the path, such as `order` of `/orders/$order`. */
export function useParam(name: string): string {
  const value = (useParams({ strict: false }) as Record<string, string | undefined>)[name];
  if (value === undefined) throw new Error(`the path of this page has no parameter ${name}`);
  return value;
}

/** A text of the query string and its setter: filters that survive a reload and can be sent to others. */
export function useSearchText(name: string, initial = ""): [string, (value: string) => void] {
  const search = useSearch({ strict: false }) as Record<string, string | undefined>;
  const navigate = useNavigate();
  const set = useCallback(
    (value: string) => {
      const change = (before: Record<string, string | undefined>) => ({ ...before, [name]: value === initial ? undefined : value });
      void navigate({ to: ".", search: change as never, replace: true });
    },
    [initial, name, navigate],
  );
  return [search[name] ?? initial, set];
}

/** Query strings are plain texts: TanStack Router would write and read each value as JSON. */
export function parseSearch(text: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(text));
}

export function writeSearch(search: Record<string, unknown>): string {
  const given = Object.entries(search).filter((one): one is [string, string] => typeof one[1] === "string" && one[1] !== "");
  const text = new URLSearchParams(given).toString();
  return text && `?${text}`;
}

/** The address to go to after sign-in: of these pages only, never of another site. */
export function safeNext(next: string | undefined): string {
  if (next === undefined || !/^\/(?![/\\])/.test(next)) return "/";
  const url = new URL(next, location.origin);
  return url.origin === location.origin && url.pathname !== "/sign-in" ? url.pathname + url.search + url.hash : "/";
}
