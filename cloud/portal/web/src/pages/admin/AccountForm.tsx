import { useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { api, useChange, type Schema } from "../../api/client";
import { ApiProblem } from "../../api/problem";
import { DataView, Notice, TextField } from "../../design";
import { decimalToMinor, minorToDecimal } from "../../format/money";
import { useMe } from "../../shell/use-session";
import { admin } from "../../text/en/admin";
import { FormDialog } from "../sales/inventory/FormDialog";
import { fieldErrors } from "../sales/parts/field-errors";

type Account = Schema<"AccountResponse">;
const t = admin.accounts;
const FIELDS = ["name", "country", "vat_number", "billing_email", "address", "commission_bp", "credit_limit_minor"];
const CHANGED = 412;
const BASIS_POINTS_PER_PERCENT = 100;

/** Changes an account in the version that was read. */
export function AccountForm({ id, onClose }: { id: string; onClose: () => void }) {
  const query = useQuery<{ account: Account; tag: string }, ApiProblem>({
    queryKey: ["/api/accounts/{account}", id],
    queryFn: async ({ signal }) => {
      const { data, response } = await api.GET("/api/accounts/{account}", { params: { path: { account: id } }, signal });
      return { account: data as Account, tag: response.headers.get("etag") ?? "" };
    },
  });
  return <DataView query={query}>{({ account, tag }) => <Fields account={account} tag={tag} onClose={onClose} />}</DataView>;
}

function Fields({ account, tag, onClose }: { account: Account; tag: string; onClose: () => void }) {
  const currency = account.currency ?? "GBP";
  const maySetTerms = useMe()?.roles.some((role) => role === "finance" || role === "admin") ?? false;
  const [texts, setTexts] = useState({
    name: account.name, country: account.country ?? "", vat: account.vat_number ?? "", email: account.billing_email ?? "", address: (account.address ?? []).join("\n"),
    commission: String((account.commission_bp ?? 0) / BASIS_POINTS_PER_PERCENT), credit: minorToDecimal(account.credit_limit_minor ?? 0, currency),
  });
  const change = useChange("patch", "/api/accounts/{account}", { invalidates: ["/api/accounts", "/api/accounts/{account}"], onSuccess: onClose });
  const errors = fieldErrors(change.error);
  const field = (name: keyof typeof texts) => ({ value: texts[name], onChange: (value: string) => setTexts((before) => ({ ...before, [name]: value })) });
  const terms = { commission_bp: Math.round(Number(texts.commission) * BASIS_POINTS_PER_PERCENT), credit_limit_minor: decimalToMinor(texts.credit, currency) ?? -1 };
  const send = () => change.mutate({
    params: { path: { account: account.id }, header: { "if-match": tag } },
    body: {
      name: texts.name, country: texts.country, vat_number: texts.vat || null, billing_email: texts.email || null,
      address: texts.address.split("\n").filter(Boolean), ...(maySetTerms ? terms : {}),
    },
  });
  const isConflict = change.error instanceof ApiProblem && change.error.status === CHANGED;
  return (
    <FormDialog title={account.name} fields={FIELDS} error={isConflict ? null : change.error} isPending={change.isPending} isDisabled={isConflict} onSubmit={send} onClose={onClose} isWide>
      <div className="fields">
        <TextField label={t.name} isRequired maxLength={120} {...field("name")} errorMessage={errors.name} />
        <TextField label={t.country} description={t.countryNote} maxLength={2} {...field("country")} errorMessage={errors.country} />
        <TextField label={t.vat} maxLength={20} {...field("vat")} errorMessage={errors.vat_number} />
        <TextField label={t.email} type="email" maxLength={254} {...field("email")} errorMessage={errors.billing_email} />
      </div>
      <TextField label={t.address} description={t.addressNote} isMultiline rows={3} {...field("address")} errorMessage={errors.address} />
      <div className="fields">
        <TextField label={t.commission} inputMode="decimal" isDisabled={!maySetTerms} {...field("commission")} errorMessage={errors.commission_bp} />
        <TextField label={t.credit(currency)} inputMode="decimal" isDisabled={!maySetTerms} {...field("credit")} errorMessage={errors.credit_limit_minor} />
      </div>
      {isConflict && <Notice tone="warn" isAnnounced>{t.conflict}</Notice>}
    </FormDialog>
  );
}
