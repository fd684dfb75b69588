import { useState } from "react";
import { useChange, type Schema } from "../../api/client";
import { usePages } from "../../api/pages";
import { Badge, Button, Empty, Notice, Page, PagedTable, ProblemNotice, type Column, type Tone } from "../../design";
import { instantText } from "../../format/time";
import { useSearchText } from "../../routing/address";
import { account as accountTexts } from "../../text/en/account";
import { admin } from "../../text/en/admin";
import { sales } from "../../text/en/sales";
import { AccountChooser } from "../sales/parts/choosers";
import { DecisionDialog } from "../sales/parts/DecisionDialog";
import { Filters } from "../sales/parts/Filters";
import { InviteForm, RolesForm } from "./UserForms";

export type User = Schema<"UserResponse">;
type UserState = keyof typeof admin.users.states;
const t = admin.users;
const TONES: Record<UserState, Tone> = { active: "good", invited: "info", disabled: "neutral" };

export default function Users() {
  const [account, setAccount] = useSearchText("account");
  const pages = usePages("/api/users", { account: account || undefined }, (page) => page.users);
  const [isInviting, setInviting] = useState(false);
  const [edited, setEdited] = useState<User | null>(null);
  const [disabled, setDisabled] = useState<User | null>(null);
  const [notice, setNotice] = useState<string | null>(null);
  const again = useChange("post", "/api/users/{user}/invite", { onSuccess: () => setNotice(t.againDone) });
  const columns = listColumns({ edit: setEdited, disable: setDisabled, invite: (user) => again.mutate({ params: { path: { user: user.id } } }) });
  return (
    <Page title={t.title} lead={t.lead} actions={<Button variant="primary" onPress={() => setInviting(true)}>{t.invite}</Button>}>
      <Filters><AccountChooser value={account} onChange={setAccount} all={sales.shared.everyAccount} /></Filters>
      {notice !== null && <Notice tone="good" isAnnounced>{notice}</Notice>}
      <ProblemNotice error={again.error} />
      <PagedTable pages={pages} empty={<Empty title={t.none}>{t.noneDetail}</Empty>} caption={t.title} columns={columns} rowKey={(one) => one.id} initialSorting={{ column: "name" }} />
      {isInviting && <InviteForm initialAccount={account} onClose={() => setInviting(false)} onInvited={(email) => { setInviting(false); setNotice(t.invited(email)); }} />}
      {edited !== null && <RolesForm key={edited.id} user={edited} onClose={() => setEdited(null)} />}
      {disabled !== null && <Disable key={disabled.id} user={disabled} onClose={() => setDisabled(null)} />}
    </Page>
  );
}

function Disable({ user, onClose }: { user: User; onClose: () => void }) {
  const disable = useChange("post", "/api/users/{user}/disable", { invalidates: ["/api/users"], onSuccess: onClose });
  const send = () => disable.mutate({ params: { path: { user: user.id } } });
  return (
    <DecisionDialog title={t.disable} confirm={t.disable} variant="danger" needsReason={false} error={disable.error} isPending={disable.isPending} onConfirm={send} onClose={onClose}>
      <p>{t.disableText(user.name)}</p>
    </DecisionDialog>
  );
}

export function userState(user: Pick<User, "disabled_at" | "has_password">): UserState {
  if (user.disabled_at !== null) return "disabled";
  return user.has_password ? "active" : "invited";
}

interface Actions {
  edit: (user: User) => void;
  disable: (user: User) => void;
  invite: (user: User) => void;
}

function listColumns(actions: Actions): readonly Column<User>[] {
  const roles = (one: User) => one.roles.map((role) => accountTexts.roleNames[role] ?? role).join(", ");
  return [
    { id: "name", title: t.name, cell: (one) => one.name, value: (one) => one.name, isHeader: true },
    { id: "email", title: t.email, cell: (one) => one.email, value: (one) => one.email },
    { id: "account", title: sales.shared.account, cell: (one) => one.account, value: (one) => one.account },
    { id: "roles", title: t.roles, cell: roles, value: roles },
    { id: "state", title: t.state, cell: (one) => <Badge tone={TONES[userState(one)]}>{t.states[userState(one)]}</Badge>, value: userState },
    { id: "created", title: t.created, cell: (one) => instantText(one.created_at), value: (one) => one.created_at },
    { id: "actions", title: t.edit, cell: (one) => <UserActions user={one} {...actions} /> },
  ];
}

function UserActions({ user, edit, disable, invite }: Actions & { user: User }) {
  if (user.disabled_at !== null) return null;
  return (
    <span className="row">
      <Button isSmall onPress={() => edit(user)}>{t.edit}</Button>
      {!user.has_password && <Button isSmall onPress={() => invite(user)}>{t.again}</Button>}
      <Button isSmall variant="danger" onPress={() => disable(user)}>{t.disable}</Button>
    </span>
  );
}
