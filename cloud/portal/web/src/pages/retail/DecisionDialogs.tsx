import { useState } from "react";
import { Button, DateField, Dialog, Form, ProblemNotice, TextField } from "../../design";
import { decimalToMinor, minorToDecimal } from "../../format/money";
import { common } from "../../text/en";
import { prices, retail, review as t } from "../../text/en/retail";
import { ReasonDialog } from "./ReasonDialog";
import type { Recommendation } from "./Recommendations";
import type { Decisions } from "./use-decisions";

const FORM = "change-recommendation";

/** The dialog of a change or of a rejection, if one is asked for. */
export function DecisionDialogs({ decisions }: { decisions: Decisions }) {
  const { asked } = decisions;
  const first = asked?.rows[0];
  if (asked === null || first === undefined) return null;
  if (asked.kind === "change") return <ChangeDialog key={first.id} row={first} decisions={decisions} />;
  const title = asked.rows.length === 1 ? t.rejectTitle(first.product, first.store) : t.rejectSeveral(asked.rows.length);
  const reject = (reason: string) => decisions.send(asked.rows.map((row) => ({ id: row.id, decision: "reject", reason })));
  return <ReasonDialog key={first.id} title={title} confirm={t.reject} variant="danger" error={decisions.error} isPending={decisions.isPending} onConfirm={reject} onClose={() => decisions.ask(null)} />;
}

function ChangeDialog({ row, decisions }: { row: Recommendation; decisions: Decisions }) {
  const [price, setPrice] = useState(minorToDecimal(row.price_minor, row.currency));
  const [starts, setStarts] = useState("");
  const [reason, setReason] = useState("");
  const [isWrong, setWrong] = useState(false);
  const submit = () => {
    const priceMinor = decimalToMinor(price, row.currency);
    setWrong(priceMinor === null);
    if (priceMinor !== null) decisions.send([{ id: row.id, decision: "change", price_minor: priceMinor, reason: reason.trim(), starts_local: starts || null }]);
  };
  const actions = (
    <>
      <Button onPress={() => decisions.ask(null)}>{common.cancel}</Button>
      <Button type="submit" form={FORM} variant="primary" isPending={decisions.isPending}>{prices.setPrice}</Button>
    </>
  );
  return (
    <Dialog title={t.changeTitle(row.product, row.store)} isOpen onClose={() => decisions.ask(null)} actions={actions}>
      <Form id={FORM} className="stack" onSubmit={submit}>
        <TextField label={retail.price(row.currency)} inputMode="decimal" isRequired autoFocus value={price} onChange={setPrice} errorMessage={isWrong ? retail.notAnAmount : undefined} />
        <DateField label={t.starts} description={t.startsNote} kind="datetime-local" value={starts} onChange={setStarts} />
        <TextField label={retail.reason} description={retail.reasonNote} isRequired minLength={3} maxLength={200} value={reason} onChange={setReason} />
        <ProblemNotice error={decisions.error} />
      </Form>
    </Dialog>
  );
}
