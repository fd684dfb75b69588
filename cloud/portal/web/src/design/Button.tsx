import type { ReactNode } from "react";
import { Button as AriaButton, type ButtonProps as AriaButtonProps } from "react-aria-components";
import { common } from "../text/en";

export type ButtonVariant = "primary" | "secondary" | "danger" | "plain";

export interface ButtonProps extends Omit<AriaButtonProps, "className" | "children" | "style"> {
  variant?: ButtonVariant;
  isSmall?: boolean;
  children: ReactNode;
}

/** `isPending` keeps the focus and says that the change is under way. */
export function Button({ variant = "secondary", isSmall = false, children, isPending, ...rest }: ButtonProps) {
  return (
    <AriaButton {...rest} isPending={isPending} className={buttonClass(variant, isSmall)}>
      {isPending ? common.working : children}
    </AriaButton>
  );
}

export function buttonClass(variant: ButtonVariant, isSmall: boolean): string {
  return ["button", variant, ...(isSmall ? ["small"] : [])].join(" ");
}
