export interface Sorting {
  column: string;
  isDescending?: boolean;
}

interface Sortable<Row> {
  id: string;
  value?: (row: Row) => string | number | null;
}

/** Rows in order; missing values are last in both directions. */
export function sortRows<Row>(rows: readonly Row[], columns: readonly Sortable<Row>[], sorting: Sorting | undefined): readonly Row[] {
  const value = columns.find((column) => column.id === sorting?.column)?.value;
  if (value === undefined) return rows;
  const sign = sorting?.isDescending ? -1 : 1;
  return rows.toSorted((a, b) => compare(value(a), value(b), sign));
}

function compare(a: string | number | null, b: string | number | null, sign: number): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  if (typeof a === "number" && typeof b === "number") return sign * (a - b);
  return sign * String(a).localeCompare(String(b), undefined, { numeric: true });
}
