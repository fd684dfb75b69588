import type { Column } from "../design";
import { clients as t } from "../text/en/clients";
import { useClientNames, useIsAllClients } from "./use-client";

/** The column of the client, in lists of all clients. */
export function useClientColumn<Row extends { account: string }>(): readonly Column<Row>[] {
  const isShown = useIsAllClients();
  const { nameOf } = useClientNames();
  return isShown ? [{ id: "client", title: t.client, value: (one) => nameOf(one.account), cell: (one) => nameOf(one.account) }] : [];
}
