import type { ReactNode } from "react";
import { Notice } from "../../../design";
import { sales } from "../../../text/en/sales";
import "../sales.css";

/** The filters above a table; their values are in the address. */
export function Filters({ children }: { children: ReactNode }) {
  return <div className="fields filters" role="group" aria-label={sales.shared.filters}>{children}</div>;
}

/** Says that a list goes on beyond what is shown. */
export function FurtherRows({ next, shown }: { next: string | null | undefined; shown: number }) {
  return next ? <Notice>{sales.shared.firstOnly(shown)}</Notice> : null;
}

/** How many rows a page of these tables reads at once. */
export const ROWS = 100;
