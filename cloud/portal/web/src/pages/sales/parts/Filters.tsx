import type { ReactNode } from "react";
import { sales } from "../../../text/en/sales";
import "../sales.css";

/** The filters above a table; their values are in the address. */
export function Filters({ children }: { children: ReactNode }) {
  return <div className="fields filters" role="group" aria-label={sales.shared.filters}>{children}</div>;
}

