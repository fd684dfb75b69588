import type { FormEvent, ReactNode } from "react";
import { reportCorrection, reportFaults } from "./form-faults";

export interface FormProps {
  /** For buttons outside the form, such as those of a dialog. */
  id?: string;
  className?: string;
  /** Called when every field meets its own limits: required, length, range, pattern. */
  onSubmit: () => void;
  children: ReactNode;
}

/**
 * A form that can always be sent again. The browser would never send a form with a field that the API has
 * refused, since React Aria marks it as invalid, so the limits of the fields are checked here.
 */
export function Form({ id, className, onSubmit, children }: FormProps) {
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (!reportFaults(event.currentTarget)) onSubmit();
  };
  const update = (event: FormEvent<HTMLFormElement>) => reportCorrection(event.target);
  return <form id={id} className={className} noValidate onSubmit={submit} onInput={update}>{children}</form>;
}
