import { useState } from "react";
import { useChange, type Schema } from "../../api/client";
import { ApiProblem } from "../../api/problem";
import { Button, DateField, Dialog, Notice, ProblemNotice, TextField } from "../../design";
import { common } from "../../text/en";
import { rateCard as t } from "../../text/en/rate-card";
import { sales } from "../../text/en/sales";
import { fieldErrors, isBesideFields } from "./parts/field-errors";
import { fieldInstant } from "./parts/screens";

const CHANGED = 412;
const SHORTEST = 3;
const FIELDS = ["reason", "valid_from"];

export interface SaveCardProps {
  card: Schema<"RateCardFields-Input">;
  /** The version that the card was made from. */
  tag: string;
  onSaved: (version: string) => void;
  /** The user wants to read what somebody else has put. */
  onConflict: () => void;
  onClose: () => void;
}

/** Puts a card with its reason; says where somebody else was faster. */
export function SaveCard({ card, tag, onSaved, onConflict, onClose }: SaveCardProps) {
  const [reason, setReason] = useState("");
  const [from, setFrom] = useState("");
  const put = useChange("put", "/api/rate-card", { onSuccess: () => onSaved(card.version) });
  const isConflict = put.error instanceof ApiProblem && put.error.status === CHANGED;
  const errors = fieldErrors(put.error);
  const send = () => put.mutate({ params: { header: { "if-match": tag } }, body: { card, reason: reason.trim(), valid_from: fieldInstant(from) } });
  const actions = (
    <>
      <Button onPress={onClose}>{common.cancel}</Button>
      {isConflict
        ? <Button variant="primary" onPress={onConflict}>{t.readTheirs}</Button>
        : <Button variant="primary" isPending={put.isPending} isDisabled={reason.trim().length < SHORTEST} onPress={send}>{t.save}</Button>}
    </>
  );
  return (
    <Dialog title={`${t.save}: ${card.version}`} isOpen onClose={onClose} actions={actions} role="alertdialog">
      <p>{t.saveText}</p>
      <TextField label={sales.shared.reason} description={sales.shared.reasonNote} isRequired maxLength={200} value={reason} onChange={setReason} errorMessage={errors.reason} />
      <DateField label={t.validFrom} description={t.validFromNote} kind="datetime-local" value={from} onChange={setFrom} errorMessage={errors.valid_from} />
      {isConflict
        ? <Notice tone="warn" title={t.conflict} isAnnounced>{t.conflictText}</Notice>
        : !isBesideFields(put.error, FIELDS) && <ProblemNotice error={put.error} />}
    </Dialog>
  );
}
