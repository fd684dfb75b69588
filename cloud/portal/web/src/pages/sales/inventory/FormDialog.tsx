import type { ReactNode } from "react";
import { Button, Dialog, Form, ProblemNotice } from "../../../design";
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

/** A form in a dialog; a refusal that no field shows is below the fields. */
export function FormDialog({ title, children, fields, error, isPending, isDisabled, onSubmit, onClose, isWide }: FormDialogProps) {
  const actions = (
    <>
      <Button onPress={onClose}>{common.cancel}</Button>
      <Button type="submit" form="form-dialog" variant="primary" isPending={isPending} isDisabled={isDisabled}>{common.save}</Button>
    </>
  );
  return (
    <Dialog title={title} isOpen onClose={onClose} actions={actions} isWide={isWide}>
      <Form id="form-dialog" className="stack" onSubmit={onSubmit}>
        {children}
        {!isBesideFields(error, fields) && <ProblemNotice error={error} />}
      </Form>
    </Dialog>
  );
}
