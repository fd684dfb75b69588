import type { ReactNode } from "react";
import {
  FieldError,
  Group,
  Input,
  Label,
  NumberField as AriaNumberField,
  Text,
  TextArea,
  TextField as AriaTextField,
  type NumberFieldProps as AriaNumberFieldProps,
  type TextFieldProps as AriaTextFieldProps,
} from "react-aria-components";

export interface FieldTexts {
  label: string;
  description?: ReactNode;
  errorMessage?: string;
}

/** Without a refusal, `undefined`: false would hide the faults that the browser finds. */
export function isRefused(errorMessage: string | undefined): true | undefined {
  return errorMessage === undefined ? undefined : true;
}

export interface TextFieldProps extends FieldTexts, Omit<AriaTextFieldProps, "className" | "children" | "style"> {
  isMultiline?: boolean;
  rows?: number;
  placeholder?: string;
}

export function TextField({ label, description, errorMessage, isMultiline, rows, placeholder, ...rest }: TextFieldProps) {
  return (
    <AriaTextField {...rest} isInvalid={rest.isInvalid ?? isRefused(errorMessage)} className="field">
      <Label className="label">{label}</Label>
      {isMultiline ? <TextArea rows={rows ?? 4} placeholder={placeholder} /> : <Input className="input" placeholder={placeholder} />}
      <FieldTail description={description} errorMessage={errorMessage} />
    </AriaTextField>
  );
}

export interface NumberFieldProps extends FieldTexts, Omit<AriaNumberFieldProps, "className" | "children" | "style"> {}

/** `value` is NaN while nothing is entered. */
export function NumberField({ label, description, errorMessage, ...rest }: NumberFieldProps) {
  return (
    <AriaNumberField {...rest} isInvalid={rest.isInvalid ?? isRefused(errorMessage)} className="field">
      <Label className="label">{label}</Label>
      <Group><Input className="input number" /></Group>
      <FieldTail description={description} errorMessage={errorMessage} />
    </AriaNumberField>
  );
}

export interface DateFieldProps extends FieldTexts {
  /** `2026-11-30`, or an empty text. */
  value: string;
  onChange: (value: string) => void;
  min?: string;
  max?: string;
  isRequired?: boolean;
  isDisabled?: boolean;
  /** `time` for `08:00`, `datetime-local` for `2026-11-30T08:00`. */
  kind?: "date" | "time" | "datetime-local";
}

/** The browser's own date field: it follows the language of the user and works on telephones. */
export function DateField({ label, description, errorMessage, value, onChange, kind = "date", min, max, isRequired, isDisabled }: DateFieldProps) {
  return (
    <AriaTextField value={value} onChange={onChange} isRequired={isRequired} isDisabled={isDisabled} isInvalid={isRefused(errorMessage)} className="field">
      <Label className="label">{label}</Label>
      <Input className="input number" type={kind} min={min} max={max} />
      <FieldTail description={description} errorMessage={errorMessage} />
    </AriaTextField>
  );
}

function FieldTail({ description, errorMessage }: Pick<FieldTexts, "description" | "errorMessage">) {
  return (
    <>
      {description !== undefined && <Text slot="description" className="description">{description}</Text>}
      <FieldError className="error">{errorMessage === undefined ? undefined : () => errorMessage}</FieldError>
    </>
  );
}
