// Which fields of a form do not meet their own limits. A refusal of the API (`customError`) is none of them.

const FAULTS = [
  "valueMissing", "typeMismatch", "patternMismatch", "tooShort", "tooLong", "rangeUnderflow", "rangeOverflow", "stepMismatch", "badInput",
] as const satisfies readonly (keyof ValidityState)[];

type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

/** Whether there are faults: each is shown beside its field, and the first has the focus. */
export function reportFaults(form: HTMLFormElement): boolean {
  const faulty = [...form.elements].filter(isField).filter(hasFault);
  for (const field of faulty) field.checkValidity(); // the event `invalid`: React Aria shows the message of the browser
  faulty[0]?.focus();
  return faulty.length > 0;
}

/**
 * Lets React Aria remove the message of a corrected field while the user types. It would remove it when the
 * field loses the focus: a button below would move away from under the pointer that presses it.
 */
export function reportCorrection(target: EventTarget): void {
  if (isField(target) && target.getAttribute("aria-invalid") === "true" && !hasFault(target)) target.dispatchEvent(new Event("change"));
}

function isField(element: EventTarget): element is Field {
  return element instanceof HTMLInputElement || element instanceof HTMLSelectElement || element instanceof HTMLTextAreaElement;
}

function hasFault(field: Field): boolean {
  return field.willValidate && FAULTS.some((fault) => field.validity[fault]);
}
