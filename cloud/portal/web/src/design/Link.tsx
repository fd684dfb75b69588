import { Link as RouterLink } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { buttonClass, type ButtonVariant } from "./Button";

export interface LinkProps {
  /** An address of these pages, such as `/orders/${id}`. */
  to: string;
  children: ReactNode;
  className?: string;
  "aria-label"?: string;
  onClick?: () => void;
}

export function Link({ to, ...rest }: LinkProps) {
  return <RouterLink to={to} {...rest} />;
}

/** A link that looks like a button: it leads somewhere, it changes nothing. */
export function LinkButton({ variant = "secondary", isSmall = false, ...rest }: LinkProps & { variant?: ButtonVariant; isSmall?: boolean }) {
  return <Link {...rest} className={buttonClass(variant, isSmall)} />;
}

/** A file of the API, such as a PDF: the browser saves it. */
export function DownloadButton({ href, children, isSmall = false }: { href: string; children: ReactNode; isSmall?: boolean }) {
  return <a href={href} download className={buttonClass("secondary", isSmall)}>{children}</a>;
}
