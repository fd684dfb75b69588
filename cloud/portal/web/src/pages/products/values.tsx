// Values of results as people read them.

import type { ReactNode } from "react";
import type { Schema } from "../../api/client";
import { Missing } from "../../format/Missing";
import { minorMoney } from "../../format/money";
import { count, decimal } from "../../format/number";
import { dateText, monthText } from "../../format/time";

export type Unit = Schema<"UnitDocument">;
export type Cell = string | number | boolean | null;

const isNumber = new Set(["count", "money", "basis_points", "thousandths", "hours", "days"]);

export const isNumeric = (unit: Unit): boolean => isNumber.has(unit.kind);

/** A known value in words; `currency` is that of the row, where the unit has none. */
export function valueText(value: Cell, unit: Unit, currency?: string): string {
  if (typeof value !== "number") return unit.kind === "date" ? dateText(String(value)) : unit.kind === "month" ? monthText(String(value)) : String(value);
  const code = unit.currency ?? currency;
  if (unit.kind === "money") return code === undefined ? decimal(value / 100, 2) : minorMoney(value, code);
  if (unit.kind === "basis_points") return `${decimal(value / 100, 2)} %`;
  if (unit.kind === "thousandths") return decimal(value / 1000, 1);
  return unit.kind === "text" ? String(value) : count(value);
}

export function valueCell(value: Cell, unit: Unit, currency?: string): ReactNode {
  return value === null ? <Missing /> : valueText(value, unit, currency);
}
