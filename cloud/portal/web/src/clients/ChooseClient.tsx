import type { ReactNode } from "react";
import { Button, Empty, Page } from "../design";
import { clients as t } from "../text/en/clients";
import { choose, useClient, useClientNames, useIsAllClients } from "./use-client";

/** Prices and bookings are of one client: without a choice, the page asks for it. */
export function OfOneClient({ children }: { children: ReactNode }) {
  const isOpen = useIsAllClients();
  return isOpen ? <Page title={t.chooseTitle} lead={t.chooseLead}><ClientButtons /></Page> : <>{children}</>;
}

function ClientButtons() {
  const { choices } = useClientNames();
  return (
    <ul className="client-list">
      {choices.map((one) => <li key={one.value}><Button onPress={() => choose(one.value)}>{one.label}{one.description !== undefined && ` (${one.description})`}</Button></li>)}
    </ul>
  );
}

interface OwnedProps {
  account: string;
  children: ReactNode;
  /** Not shown among all clients either: what it offers is bought for its own account. */
  isStrict?: boolean;
  /** Shows nothing in its place. */
  isSilent?: boolean;
}

/** An object of another client than the chosen one is shown after the change to its client. */
export function OfItsClient({ account, children, isStrict = false, isSilent = false }: OwnedProps) {
  const client = useClient();
  const isAll = useIsAllClients();
  const { choices, nameOf } = useClientNames();
  const isOther = choices.length > 0 && (isAll ? isStrict : client !== account);
  if (!isOther) return <>{children}</>;
  if (isSilent) return null;
  const name = nameOf(account);
  const isChoice = choices.some((one) => one.value === account);
  return <Empty title={t.otherTitle(name)} action={isChoice && <Button variant="primary" onPress={() => choose(account)}>{t.change(name)}</Button>}>{t.otherDetail}</Empty>;
}
