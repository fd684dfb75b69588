import { useState, type ReactNode } from "react";
import { Button, Dialog, ProblemNotice, TextField, type ButtonVariant } from "../../../design";
import { common } from "../../../text/en";
import { sales } from "../../../text/en/sales";
import { fieldErrors, isBesideFields } from "./field-errors";

export interface DecisionDialogProps {
  title: string;
  children?: ReactNode;
  /** The words of the button that decides. */
  confirm: string;
  variant?: ButtonVariant;
  needsReason?: boolean;
  /** The refusal of the last attempt. */
  error: unknown;
  isPending: boolean;
  onConfirm: (reason: string) => void;
  onClose: () => void;
}

const SHORTEST = 3;
const LONGEST = 200;
const FIELDS = ["reason", "decision"];

/** Asks for a reason and a confirmation. Show it with a key, so that each decision begins anew. */
export function DecisionDialog({ title, children, confirm, variant = "primary", needsReason = true, error, isPending, onConfirm, onClose }: DecisionDialogProps) {
  const [reason, setReason] = useState("");
  const errors = fieldErrors(error);
  const isReady = !needsReason || reason.trim().length >= SHORTEST;
  const actions = (
    <>
      <Button onPress={onClose}>{common.cancel}</Button>
      <Button variant={variant} isPending={isPending} isDisabled={!isReady} onPress={() => onConfirm(reason.trim())}>{confirm}</Button>
    </>
  );
  return (
    <Dialog title={title} isOpen onClose={onClose} actions={actions} role="alertdialog">
      {children}
      {needsReason && (
        <TextField label={sales.shared.reason} description={sales.shared.reasonNote} isRequired autoFocus maxLength={LONGEST} value={reason} onChange={setReason} errorMessage={errors.reason ?? errors.decision} />
      )}
      {!isBesideFields(error, FIELDS) && <ProblemNotice error={error} />}
    </Dialog>
  );
}
