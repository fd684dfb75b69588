import { useState } from "react";
import { useChange, type Schema } from "../../api/client";
import { useAll } from "../../api/pages";
import type { Role } from "../../api/session";
import { Checkbox, TextField } from "../../design";
import { account as accountTexts } from "../../text/en/account";
import { admin } from "../../text/en/admin";
import { FormDialog } from "../sales/inventory/FormDialog";
import { AccountChooser } from "../sales/parts/choosers";
import { fieldErrors } from "../sales/parts/field-errors";
import type { User } from "./Users";

type Kind = Schema<"AccountKind">;
const t = admin.users;
const MOST = 200;
/** Offered here; the API refuses any other. */
const ROLES_OF: Record<Kind, readonly Role[]> = {
  media_owner: ["sales", "operations", "finance", "pricing", "admin"], agency: ["agency"], advertiser: ["advertiser"],
};

function useKind(account: string): Kind | undefined {
  const accounts = useAll("/api/accounts", {}, (page) => page.accounts, { limit: MOST }).data;
  return accounts?.find((one) => one.id === account)?.kind;
}

export interface InviteFormProps {
  initialAccount: string;
  onClose: () => void;
  onInvited: (email: string) => void;
}

export function InviteForm({ initialAccount, onClose, onInvited }: InviteFormProps) {
  const [account, setAccount] = useState(initialAccount);
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [roles, setRoles] = useState<readonly Role[]>([]);
  const [managesUsers, setManagesUsers] = useState(false);
  const kind = useKind(account);
  const invite = useChange("post", "/api/users", { invalidates: ["/api/users"], onSuccess: () => onInvited(email) });
  const errors = fieldErrors(invite.error);
  const choose = (next: string) => { setAccount(next); setRoles([]); };
  const send = () => invite.mutate({ body: { account, name, email, roles: [...roles], manages_users: managesUsers } });
  return (
    <FormDialog title={t.invite} fields={["account", "name", "email", "roles"]} error={invite.error} isPending={invite.isPending} isDisabled={account === "" || roles.length === 0} onSubmit={send} onClose={onClose}>
      <AccountChooser value={account} onChange={choose} errorMessage={errors.account} />
      <TextField label={t.name} isRequired maxLength={200} value={name} onChange={setName} errorMessage={errors.name} />
      <TextField label={t.email} type="email" isRequired maxLength={254} value={email} onChange={setEmail} errorMessage={errors.email} />
      {kind !== undefined && <RoleBoxes kind={kind} roles={roles} onChange={setRoles} managesUsers={managesUsers} onManagesUsers={setManagesUsers} errorMessage={errors.roles} />}
    </FormDialog>
  );
}

export function RolesForm({ user, onClose }: { user: User; onClose: () => void }) {
  const [roles, setRoles] = useState<readonly Role[]>(user.roles);
  const [managesUsers, setManagesUsers] = useState(user.manages_users ?? false);
  const kind = useKind(user.account);
  const put = useChange("put", "/api/users/{user}/roles", { invalidates: ["/api/users"], onSuccess: onClose });
  const send = () => put.mutate({ params: { path: { user: user.id } }, body: { roles: [...roles], manages_users: managesUsers } });
  return (
    <FormDialog title={user.name} fields={["roles"]} error={put.error} isPending={put.isPending} isDisabled={roles.length === 0} onSubmit={send} onClose={onClose}>
      {kind !== undefined && <RoleBoxes kind={kind} roles={roles} onChange={setRoles} managesUsers={managesUsers} onManagesUsers={setManagesUsers} errorMessage={fieldErrors(put.error).roles} />}
    </FormDialog>
  );
}

interface RoleBoxesProps {
  kind: Kind;
  roles: readonly Role[];
  onChange: (roles: readonly Role[]) => void;
  managesUsers: boolean;
  onManagesUsers: (on: boolean) => void;
  errorMessage?: string;
}

function RoleBoxes({ kind, roles, onChange, managesUsers, onManagesUsers, errorMessage }: RoleBoxesProps) {
  const toggle = (role: Role, isOn: boolean) => onChange(isOn ? [...roles, role] : roles.filter((one) => one !== role));
  return (
    <fieldset className="field box-list">
      <legend className="label">{t.roles}</legend>
      <div className="boxes">
        {ROLES_OF[kind].map((role) => <Checkbox key={role} isSelected={roles.includes(role)} onChange={(isOn) => toggle(role, isOn)}>{accountTexts.roleNames[role] ?? role}</Checkbox>)}
        {kind !== "media_owner" && <Checkbox isSelected={managesUsers} onChange={onManagesUsers}>{t.managesUsers}</Checkbox>}
      </div>
      <span className="description">{t.rolesNote}</span>
      {errorMessage !== undefined && <span className="error" role="alert">{errorMessage}</span>}
    </fieldset>
  );
}
