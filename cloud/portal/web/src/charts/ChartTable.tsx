import { Table, type Column } from "../design/Table";
import { common } from "../text/en";

/** The values of a chart as a table: its text alternative, and its CSV. */
export function ChartTable<Row>(props: { caption: string; columns: readonly Column<Row>[]; rows: readonly Row[]; rowKey: (row: Row) => string }) {
  return (
    <details className="chart-table">
      <summary>{common.asTable}</summary>
      <Table {...props} />
    </details>
  );
}
