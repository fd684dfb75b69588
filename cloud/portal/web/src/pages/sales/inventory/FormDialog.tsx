import type { FormEvent, ReactNode } from "react";
import { Button, Dialog, ProblemNotice } from "../../../design";
import { common } from "../../../text/en";
import { isBesideFields } from "../parts/field-errors";

export interface FormDialogProps {
  title: string;
  children: ReactNode;
  /** The fields that show their own faults. */
  fields: readonly string[];
  error: unknown;
  isPending: boolean;
  isDisabled?: boolean;
  onSubmit: () => void;
  onClose: () => void;
  isWide?: boolean;
}

/**
 * A form in a dialog; a refusal that no field shows is below the fields. The API checks the values: with
 * the checks of the browser, a field that was refused once could not be sent again.
 */
export function FormDialog({ title, children, fields, error, isPending, isDisabled, onSubmit, onClose, isWide }: FormDialogProps) {
  const submit = (event: FormEvent) => { event.preventDefault(); onSubmit(); };
  const actions = (
    <>
      <Button onPress={onClose}>{common.cancel}</Button>
      <Button type="submit" form="form-dialog" variant="primary" isPending={isPending} isDisabled={isDisabled}>{common.save}</Button>
    </>
  );
  return (
    <Dialog title={title} isOpen onClose={onClose} actions={actions} isWide={isWide}>
      <form id="form-dialog" className="stack" noValidate onSubmit={submit}>
        {children}
        {!isBesideFields(error, fields) && <ProblemNotice error={error} />}
      </form>
    </Dialog>
  );
}
