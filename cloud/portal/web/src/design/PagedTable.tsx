import type { ReactNode } from "react";
import type { Pages } from "../api/pages";
import { common } from "../text/en";
import { Button } from "./Button";
import { DataView } from "./DataView";
import { Table, type TableProps } from "./Table";

export interface PagedTableProps<Row> extends Omit<TableProps<Row>, "rows" | "readAll"> {
  pages: Pages<Row>;
  /** Shown without any row; by default the table, for its filters. */
  empty?: ReactNode;
}

/** A table of a list that is read page by page; its CSV file has every row of the list. */
export function PagedTable<Row>({ pages, empty, ...table }: PagedTableProps<Row>) {
  return (
    <>
      <DataView query={pages.query} isEmpty={(rows) => empty !== undefined && rows.length === 0} empty={empty}>
        {(rows) => <Table {...table} rows={rows} readAll={pages.hasMore ? pages.readAll : undefined} />}
      </DataView>
      {pages.hasMore && <div><Button isPending={pages.isReading} onPress={pages.readMore}>{common.more}</Button></div>}
    </>
  );
}
