import { useState } from "react";
import { useChange, type Schema } from "../../api/client";
import { useAll } from "../../api/pages";
import { Badge, Button, DataView, Empty, Page, Table, type Column } from "../../design";
import { Missing } from "../../format/Missing";
import { minorMoney } from "../../format/money";
import { decimal } from "../../format/number";
import { instantText } from "../../format/time";
import { useSearchText } from "../../routing/address";
import { useMe } from "../../shell/use-session";
import { admin } from "../../text/en/admin";
import { Chooser, toChoices } from "../sales/parts/choosers";
import { DecisionDialog } from "../sales/parts/DecisionDialog";
import { Filters } from "../sales/parts/Filters";
import { AccountForm } from "./AccountForm";
import { NewAccountForm } from "./NewAccountForm";

type Account = Schema<"AccountResponse">;
const t = admin.accounts;
const MOST = 200;
const BASIS_POINTS_PER_PERCENT = 100;

export default function Accounts() {
  const [kind, setKind] = useSearchText("kind");
  const query = useAll("/api/accounts", {}, (page) => page.accounts, { limit: MOST });
  const [isCreating, setCreating] = useState(false);
  const [edited, setEdited] = useState<Account | null>(null);
  const [closed, setClosed] = useState<Account | null>(null);
  const isAdmin = useMe()?.roles.includes("admin") ?? false;
  const isShown = (one: Account) => kind === "" || one.kind === kind;
  return (
    <Page title={t.title} lead={t.lead} actions={<Button variant="primary" onPress={() => setCreating(true)}>{t.create}</Button>}>
      <Filters><Chooser label={t.kind} choices={toChoices(t.kinds)} value={kind} onChange={setKind} all={t.everyKind} /></Filters>
      <DataView query={query} isEmpty={(all) => !all.some(isShown)} empty={<Empty title={t.none}>{t.noneDetail}</Empty>}>
        {(all) => <Table caption={t.title} columns={listColumns(setEdited, isAdmin ? setClosed : null)} rows={all.filter(isShown)} rowKey={(one) => one.id} initialSorting={{ column: "name" }} />}
      </DataView>
      {isCreating && <NewAccountForm onClose={() => setCreating(false)} />}
      {edited !== null && <AccountForm key={edited.id} id={edited.id} onClose={() => setEdited(null)} />}
      {closed !== null && <CloseAccount key={closed.id} account={closed} onClose={() => setClosed(null)} />}
    </Page>
  );
}

function CloseAccount({ account, onClose }: { account: Account; onClose: () => void }) {
  const close = useChange("post", "/api/accounts/{account}/close", { invalidates: ["/api/accounts"], onSuccess: onClose });
  const send = () => close.mutate({ params: { path: { account: account.id } } });
  return (
    <DecisionDialog title={t.close} confirm={t.close} variant="danger" needsReason={false} error={close.error} isPending={close.isPending} onConfirm={send} onClose={onClose}>
      <p>{t.closeText(account.name)}</p>
    </DecisionDialog>
  );
}

function listColumns(edit: (one: Account) => void, close: ((one: Account) => void) | null): readonly Column<Account>[] {
  return [
    { id: "name", title: t.name, cell: (one) => one.name, value: (one) => one.name, isHeader: true },
    { id: "id", title: t.id, cell: (one) => one.id, value: (one) => one.id },
    { id: "kind", title: t.kind, cell: (one) => t.kinds[one.kind], value: (one) => t.kinds[one.kind] },
    { id: "state", title: t.state, cell: (one) => <Badge tone={one.closed_at === null ? "good" : "neutral"}>{one.closed_at === null ? t.open : t.closed}</Badge>, value: (one) => (one.closed_at === null ? t.open : t.closed) },
    { id: "agency", title: t.agency, cell: (one) => one.agency ?? <Missing reason={t.noAgency} />, value: (one) => one.agency ?? null },
    { id: "commission", title: t.commission, cell: (one) => decimal((one.commission_bp ?? 0) / BASIS_POINTS_PER_PERCENT, 2), value: (one) => one.commission_bp ?? 0, isNumber: true },
    { id: "credit", title: t.credit(""), cell: (one) => minorMoney(one.credit_limit_minor, one.currency ?? "GBP"), value: (one) => one.credit_limit_minor ?? 0, isNumber: true },
    { id: "created", title: t.created, cell: (one) => instantText(one.created_at), value: (one) => one.created_at },
    { id: "actions", title: t.edit, cell: (one) => (one.closed_at === null ? <span className="row"><Button isSmall onPress={() => edit(one)}>{t.edit}</Button>{close !== null && <Button isSmall variant="danger" onPress={() => close(one)}>{t.close}</Button>}</span> : null) },
  ];
}
