import { useState } from "react";
import { useChange } from "../../api/client";
import { Button, DateField, Dialog, Form, Notice, ProblemNotice, TextField } from "../../design";
import { decimalToMinor, minorToDecimal } from "../../format/money";
import { common } from "../../text/en";
import { prices as t, retail } from "../../text/en/retail";
import { ReasonDialog } from "./ReasonDialog";
import type { ApprovedPrice, PriceRow } from "./shared";

const CHANGED = ["/api/retail/prices", "/api/retail/prices/path", "/api/retail/recommendations"] as const;
const FORM = "set-retail-price";

/** Sets a price by hand until a local time of the store. */
export function SetPrice({ row, onClose }: { row: PriceRow; onClose: () => void }) {
  const present = row.approved?.price_minor ?? row.observed?.price_minor;
  const [price, setPrice] = useState(present === undefined ? "" : minorToDecimal(present, row.currency));
  const [ends, setEnds] = useState("");
  const [reason, setReason] = useState("");
  const [isWrong, setWrong] = useState(false);
  const set = useChange("post", "/api/retail/prices/overrides", { invalidates: CHANGED, onSuccess: onClose });
  const submit = () => {
    const priceMinor = decimalToMinor(price, row.currency);
    setWrong(priceMinor === null);
    if (priceMinor === null) return;
    const { product, store, currency } = row;
    set.mutate({ body: { product, store, currency, price_minor: priceMinor, reason: reason.trim(), ends_local: ends } });
  };
  const actions = (
    <>
      <Button onPress={onClose}>{common.cancel}</Button>
      <Button type="submit" form={FORM} variant="primary" isPending={set.isPending}>{t.setPrice}</Button>
    </>
  );
  return (
    <Dialog title={t.setTitle(row.product, row.store)} isOpen onClose={onClose} actions={actions}>
      <Form id={FORM} className="stack" onSubmit={submit}>
        <Notice>{t.setNote}</Notice>
        <TextField label={retail.price(row.currency)} inputMode="decimal" isRequired value={price} onChange={setPrice} errorMessage={isWrong ? retail.notAnAmount : undefined} />
        <DateField label={t.ends} description={t.endsNote} kind="datetime-local" isRequired value={ends} onChange={setEnds} />
        <TextField label={retail.reason} description={retail.reasonNote} isRequired minLength={3} maxLength={200} value={reason} onChange={setReason} />
        <ProblemNotice error={set.error} />
      </Form>
    </Dialog>
  );
}

export function RollBackPrice({ price, onClose }: { price: ApprovedPrice; onClose: () => void }) {
  const rollBack = useChange("post", "/api/retail/prices/{price}/roll-back", { invalidates: CHANGED, onSuccess: onClose });
  const send = (reason: string) => rollBack.mutate({ params: { path: { price: price.id } }, body: { reason } });
  return (
    <ReasonDialog title={t.rollBackTitle(price.product, price.store)} confirm={t.rollBack} variant="danger" error={rollBack.error} isPending={rollBack.isPending} onConfirm={send} onClose={onClose}>
      <p>{t.rollBackNote}</p>
    </ReasonDialog>
  );
}
