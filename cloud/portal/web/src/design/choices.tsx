import type { ReactNode } from "react";
import {
  Button,
  Checkbox as AriaCheckbox,
  FieldError,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
  Radio,
  RadioGroup,
  Select as AriaSelect,
  SelectValue,
  Text,
} from "react-aria-components";
import { CheckIcon, DownIcon } from "./icons";
import { isRefused, type FieldTexts } from "./fields";

export interface Choice<Value extends string = string> {
  value: Value;
  label: string;
  description?: string;
}

export interface SelectProps<Value extends string> extends FieldTexts {
  choices: readonly Choice<Value>[];
  value: Value | null;
  onChange: (value: Value) => void;
  placeholder?: string;
  isDisabled?: boolean;
}

export function Select<Value extends string>({ label, description, errorMessage, choices, value, onChange, placeholder, isDisabled }: SelectProps<Value>) {
  return (
    <AriaSelect className="field" value={value} onChange={(key) => key !== null && onChange(key as Value)} isDisabled={isDisabled} placeholder={placeholder} isInvalid={isRefused(errorMessage)}>
      <Label className="label">{label}</Label>
      <Button className="input select-button">
        <SelectValue className="value">{({ selectedText, defaultChildren }) => selectedText || defaultChildren}</SelectValue>
        <DownIcon />
      </Button>
      {description !== undefined && <Text slot="description" className="description">{description}</Text>}
      <FieldError className="error">{errorMessage === undefined ? undefined : () => errorMessage}</FieldError>
      <Popover className="popover"><ListBox>{choices.map(toOption)}</ListBox></Popover>
    </AriaSelect>
  );
}

function toOption({ value, label, description }: Choice) {
  return (
    <ListBoxItem key={value} id={value} textValue={label} className="option">
      <Text slot="label">{label}</Text>
      {description !== undefined && <Text slot="description" className="description">{description}</Text>}
    </ListBoxItem>
  );
}

export interface CheckboxProps {
  isSelected: boolean;
  onChange: (isSelected: boolean) => void;
  children: ReactNode;
  isDisabled?: boolean;
  isIndeterminate?: boolean;
}

export function Checkbox({ children, ...rest }: CheckboxProps) {
  return (
    <AriaCheckbox {...rest} className="check">
      {({ isSelected }) => <><span className="box" aria-hidden="true">{isSelected && <CheckIcon />}</span><span>{children}</span></>}
    </AriaCheckbox>
  );
}

export interface SegmentsProps<Value extends string> {
  label: string;
  choices: readonly Choice<Value>[];
  value: Value;
  onChange: (value: Value) => void;
  isLabelHidden?: boolean;
}

/** Two to five choices side by side. */
export function Segments<Value extends string>({ label, choices, value, onChange, isLabelHidden = false }: SegmentsProps<Value>) {
  return (
    <RadioGroup className="field" value={value} onChange={(one) => onChange(one as Value)} orientation="horizontal">
      <Label className={isLabelHidden ? "visually-hidden" : "label"}>{label}</Label>
      <div className="segments">
        {choices.map((one) => <Radio key={one.value} value={one.value} className="segment">{one.label}</Radio>)}
      </div>
    </RadioGroup>
  );
}
