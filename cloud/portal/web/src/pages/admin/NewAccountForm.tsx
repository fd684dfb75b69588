import { useState } from "react";
import { useChange, type Schema } from "../../api/client";
import { useAll } from "../../api/pages";
import { Segments, TextField } from "../../design";
import { admin } from "../../text/en/admin";
import { FormDialog } from "../sales/inventory/FormDialog";
import { Chooser, toChoices } from "../sales/parts/choosers";
import { fieldErrors } from "../sales/parts/field-errors";

type Kind = Schema<"AccountKind">;
const t = admin.accounts;
const FIELDS = ["id", "name", "kind", "agency", "currency", "country", "vat_number", "billing_email", "address"];
const MOST = 200;

export function NewAccountForm({ onClose }: { onClose: () => void }) {
  const [kind, setKind] = useState<Kind>("advertiser");
  const [texts, setTexts] = useState({ id: "", name: "", agency: "", currency: "GBP", country: "GB", vat: "", email: "", address: "" });
  const agencies = (useAll("/api/accounts", {}, (page) => page.accounts, { limit: MOST }).data ?? []).filter((one) => one.kind === "agency");
  const create = useChange("post", "/api/accounts", { invalidates: ["/api/accounts"], onSuccess: onClose });
  const errors = fieldErrors(create.error);
  const field = (name: keyof typeof texts) => ({ value: texts[name], onChange: (value: string) => setTexts((before) => ({ ...before, [name]: value })) });
  const send = () => create.mutate({
    body: {
      id: texts.id, name: texts.name, kind, agency: kind === "advertiser" && texts.agency !== "" ? texts.agency : null, currency: texts.currency, country: texts.country,
      vat_number: texts.vat || null, billing_email: texts.email || null, address: texts.address.split("\n").filter(Boolean), commission_bp: 0, credit_limit_minor: 0,
    },
  });
  return (
    <FormDialog title={t.create} fields={FIELDS} error={create.error} isPending={create.isPending} onSubmit={send} onClose={onClose} isWide>
      <Segments label={t.kind} choices={toChoices(t.kinds)} value={kind} onChange={(one) => setKind(one as Kind)} />
      <div className="fields">
        <TextField label={t.id} description={t.idNote} isRequired maxLength={40} {...field("id")} errorMessage={errors.id} />
        <TextField label={t.name} isRequired maxLength={120} {...field("name")} errorMessage={errors.name} />
        {kind === "advertiser" && <Chooser label={t.agency} choices={agencies.map((one) => ({ value: one.id, label: one.name }))} all={t.noAgency} {...field("agency")} errorMessage={errors.agency} />}
      </div>
      <div className="fields">
        <TextField label={t.currency} isRequired maxLength={3} {...field("currency")} errorMessage={errors.currency} />
        <TextField label={t.country} description={t.countryNote} isRequired maxLength={2} {...field("country")} errorMessage={errors.country} />
        <TextField label={t.vat} maxLength={20} {...field("vat")} errorMessage={errors.vat_number} />
        <TextField label={t.email} type="email" maxLength={254} {...field("email")} errorMessage={errors.billing_email} />
      </div>
      <TextField label={t.address} description={t.addressNote} isMultiline rows={3} {...field("address")} errorMessage={errors.address} />
    </FormDialog>
  );
}
