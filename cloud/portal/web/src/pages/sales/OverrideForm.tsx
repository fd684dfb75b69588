import { useState } from "react";
import { useChange, useGet } from "../../api/client";
import { Button, DateField, Dialog, Form, Notice, ProblemNotice, TextField } from "../../design";
import { money } from "../../format/money";
import { common } from "../../text/en";
import { sales } from "../../text/en/sales";
import { CHANGED } from "./Overrides";
import { AccountChooser, Chooser, LocationChooser } from "./parts/choosers";
import { fieldErrors, isBesideFields } from "./parts/field-errors";
import { fieldInstant, slotName, useScreens } from "./parts/screens";

const t = sales.overrides;
const FIELDS = ["price", "reason", "until", "account"];
const HOURS = Array.from({ length: 24 }, (_, hour) => `${String(hour).padStart(2, "0")}:00`).map((value) => ({ value, label: value }));

/** Sets the price of one slot; shows the present price of it with its base rate first. */
export function OverrideForm({ initialLocation, onClose }: { initialLocation: string; onClose: () => void }) {
  const [location, setLocation] = useState(initialLocation);
  const [day, setDay] = useState("");
  const [hour, setHour] = useState("");
  const [price, setPrice] = useState("");
  const [account, setAccount] = useState("");
  const [until, setUntil] = useState("");
  const [reason, setReason] = useState("");
  const slot = slotName(day, hour);
  const set = useChange("put", "/api/pricing/override/{location}/{time_slot}", { invalidates: CHANGED, onSuccess: onClose });
  const errors = fieldErrors(set.error);
  const currency = useScreens().get(location)?.currency;
  const submit = () => {
    if (slot === null) return;
    const body = { price, reason, until: fieldInstant(until), account: account || null };
    set.mutate({ params: { path: { location, time_slot: slot } }, body });
  };
  const actions = (
    <>
      <Button onPress={onClose}>{common.cancel}</Button>
      <Button type="submit" form="set-price" variant="primary" isPending={set.isPending} isDisabled={location === "" || slot === null}>{t.create}</Button>
    </>
  );
  return (
    <Dialog title={t.create} isOpen onClose={onClose} actions={actions}>
      <Form id="set-price" className="stack" onSubmit={submit}>
        <LocationChooser value={location} onChange={setLocation} />
        <div className="fields">
          <DateField label={sales.shared.date} value={day} onChange={setDay} isRequired />
          <Chooser label={t.hour} choices={HOURS} value={hour} onChange={setHour} />
        </div>
        {location !== "" && slot !== null && <PresentPrice location={location} slot={slot} />}
        <TextField label={t.price(currency ?? "…")} inputMode="decimal" isRequired value={price} onChange={setPrice} errorMessage={errors.price} />
        <AccountChooser label={t.forAccount} all={t.everybody} value={account} onChange={setAccount} errorMessage={errors.account} />
        <DateField label={t.until} description={t.untilNote} kind="datetime-local" value={until} onChange={setUntil} errorMessage={errors.until} />
        <TextField label={t.reason} description={sales.shared.reasonNote} isRequired minLength={3} maxLength={200} value={reason} onChange={setReason} errorMessage={errors.reason} />
        {!isBesideFields(set.error, FIELDS) && <ProblemNotice error={set.error} />}
      </Form>
    </Dialog>
  );
}

function PresentPrice({ location, slot }: { location: string; slot: string }) {
  const { data, error } = useGet("/api/pricing/slot/{location}/{time_slot}", { params: { path: { location, time_slot: slot } } });
  if (error !== null) return <ProblemNotice error={error} />;
  if (data === undefined) return null;
  return <Notice>{t.now(money(data.price, data.currency), money(data.base_rate, data.currency))}</Notice>;
}
