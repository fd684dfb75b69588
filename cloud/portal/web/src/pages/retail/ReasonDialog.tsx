import { useState, type ReactNode } from "react";
import { Button, Dialog, Form, ProblemNotice, TextField, type ButtonVariant } from "../../design";
import { common } from "../../text/en";
import { retail } from "../../text/en/retail";

export interface ReasonDialogProps {
  title: string;
  confirm: string;
  variant?: ButtonVariant;
  error: unknown;
  isPending: boolean;
  onConfirm: (reason: string) => void;
  onClose: () => void;
  children?: ReactNode;
}

const FORM = "retail-reason";

/** Asks for a reason. Show it with a key, so that each one begins anew. */
export function ReasonDialog({ title, confirm, variant = "primary", error, isPending, onConfirm, onClose, children }: ReasonDialogProps) {
  const [reason, setReason] = useState("");
  const actions = (
    <>
      <Button onPress={onClose}>{common.cancel}</Button>
      <Button type="submit" form={FORM} variant={variant} isPending={isPending}>{confirm}</Button>
    </>
  );
  return (
    <Dialog title={title} isOpen onClose={onClose} actions={actions} role="alertdialog">
      <Form id={FORM} className="stack" onSubmit={() => onConfirm(reason.trim())}>
        {children}
        <TextField label={retail.reason} description={retail.reasonNote} isRequired autoFocus minLength={3} maxLength={200} value={reason} onChange={setReason} />
        <ProblemNotice error={error} />
      </Form>
    </Dialog>
  );
}
