import { useSyncExternalStore } from "react";
import { useGet } from "../api/client";
import type { Choice } from "../design";
import { useMe } from "../shell/use-session";
import { clients as t } from "../text/en/clients";
import { clientStore, listChoices } from "./client-store";

const ALL = "";
const MOST = 200;

/** The client that this window acts for; null: all of them, or the caller is no agency. */
export function useClient(): string | null {
  return useSyncExternalStore(clientStore.subscribe, clientStore.get);
}

/** Whether an agency looks at all of its clients: nothing is bought for them together. */
export function useIsAllClients(): boolean {
  const client = useClient();
  return listChoices(useMe()).length > 0 && client === null;
}

/** The address of a file with the rows of the chosen client. */
export function useClientFile(path: string, query: Readonly<Record<string, string | undefined>> = {}): string {
  const client = useClient();
  const given = Object.entries({ ...query, ...(client !== null && { account: client }) }).filter((one): one is [string, string] => Boolean(one[1]));
  const text = new URLSearchParams(given).toString();
  return text === "" ? path : `${path}?${text}`;
}

export interface ClientNames {
  /** Empty for a caller that is no agency. */
  choices: readonly Choice[];
  nameOf: (account: string) => string;
}

/** The clients of an agency by name, and the agency itself. */
export function useClientNames(): ClientNames {
  const me = useMe();
  const ids = listChoices(me);
  const accounts = useGet("/api/accounts", { params: { query: { limit: MOST } } }, { enabled: ids.length > 0, staleTime: 300_000 }).data?.accounts;
  const names = new Map(accounts?.map((one) => [one.id, one.name]));
  const nameOf = (id: string) => names.get(id) ?? id;
  const toChoice = (id: string): Choice => ({ value: id, label: nameOf(id), ...(id === me?.account && { description: t.own }) });
  const sorted = ids.filter((id) => id !== me?.account).toSorted((one, other) => nameOf(one).localeCompare(nameOf(other)));
  return { choices: ids.length === 0 ? [] : [...sorted, me!.account].map(toChoice), nameOf };
}

export const allClients: Choice = { value: ALL, label: t.all };
export const choose = (value: string): void => clientStore.choose(value === ALL ? null : value);
