import { useId, useMemo, useState, type ReactNode } from "react";
import { common } from "../text/en";
import { Button } from "./Button";
import { SortIcon } from "./icons";
import { saveCsv } from "./csv";
import { sortRows, type Sorting } from "./sorting";

export interface Column<Row> {
  id: string;
  title: string;
  cell: (row: Row) => ReactNode;
  /** What the column is sorted by, and written to CSV; columns without it are neither. */
  value?: (row: Row) => string | number | null;
  /** Numbers are aligned at the end. */
  isNumber?: boolean;
  /** Column that names the row, for screen readers. */
  isHeader?: boolean;
}

export interface TableProps<Row> {
  /** What the rows are; read by screen readers, and the name of the CSV file. */
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  initialSorting?: Sorting;
  /** Without a CSV button and the number of rows. */
  isPlain?: boolean;
  /** Reads the rows that are not shown yet, for the CSV file. */
  readAll?: () => Promise<readonly Row[]>;
  /** Beside the number of rows, such as filters. */
  tools?: ReactNode;
}

/** A table that sorts by its columns. On a narrow screen each row is a card, so that no column is out of sight. */
export function Table<Row>({ caption, columns, rows, rowKey, initialSorting, isPlain = false, readAll, tools }: TableProps<Row>) {
  const [sorting, setSorting] = useState(initialSorting);
  const captionId = useId();
  const sorted = useMemo(() => sortRows(rows, columns, sorting), [rows, columns, sorting]);
  const sortBy = (id: string) => setSorting((before) => ({ column: id, isDescending: before?.column === id && !before.isDescending }));
  return (
    <div>
      {!isPlain && (
        <div className="table-head">
          <p className="quiet">{readAll === undefined ? common.rows(rows.length) : common.firstRows(rows.length)}</p>
          <SortChooser columns={columns} sorting={sorting} onSort={(id) => setSorting({ column: id, isDescending: false })} />
          <div className="row">{tools}<CsvButton caption={caption} columns={columns} rows={sorted} readAll={readAll} sorting={sorting} /></div>
        </div>
      )}
      <div className="table-scroll" role="region" aria-labelledby={captionId} tabIndex={0}>
        <table className="table" role="table">
          <caption id={captionId} className="visually-hidden">{caption}</caption>
          <thead role="rowgroup"><tr role="row">{columns.map((column) => <HeadCell key={column.id} column={column} sorting={sorting} onSort={sortBy} />)}</tr></thead>
          <tbody role="rowgroup">{sorted.map((row) => <tr key={rowKey(row)} role="row">{columns.map((column) => <BodyCell key={column.id} column={column} row={row} />)}</tr>)}</tbody>
        </table>
      </div>
    </div>
  );
}

type CsvButtonProps<Row> = Pick<TableProps<Row>, "caption" | "columns" | "rows" | "readAll"> & { sorting: Sorting | undefined };

function CsvButton<Row>({ caption, columns, rows, readAll, sorting }: CsvButtonProps<Row>) {
  const [isReading, setReading] = useState(false);
  const save = async () => {
    setReading(true);
    try {
      saveCsv(caption, columns, readAll === undefined ? rows : sortRows(await readAll(), columns, sorting));
    } finally {
      setReading(false);
    }
  };
  return <Button isSmall isPending={isReading} onPress={() => void save()}>{common.csv}</Button>;
}

interface SortChooserProps<Row> {
  columns: readonly Column<Row>[];
  sorting: Sorting | undefined;
  onSort: (id: string) => void;
}

/** In place of the head, which a narrow screen does not show. */
function SortChooser<Row>({ columns, sorting, onSort }: SortChooserProps<Row>) {
  const sortable = columns.filter((column) => column.value !== undefined && column.title !== "");
  if (sortable.length === 0) return null;
  return (
    <label className="table-sort">
      <span className="quiet">{common.sort}</span>
      <select className="input" value={sorting?.column ?? ""} onChange={(event) => onSort(event.target.value)}>
        {sorting === undefined && <option value="">{common.asListed}</option>}
        {sortable.map((column) => <option key={column.id} value={column.id}>{column.title}</option>)}
      </select>
    </label>
  );
}

interface HeadCellProps<Row> {
  column: Column<Row>;
  sorting: Sorting | undefined;
  onSort: (id: string) => void;
}

function HeadCell<Row>({ column, sorting, onSort }: HeadCellProps<Row>) {
  const direction = sorting?.column === column.id ? (sorting.isDescending ? "descending" : "ascending") : undefined;
  return (
    <th scope="col" role="columnheader" className={column.isNumber ? "end" : undefined} aria-sort={direction}>
      {column.value === undefined ? column.title : (
        <button type="button" className="sort" onClick={() => onSort(column.id)}>{column.title}<SortIcon direction={direction} /></button>
      )}
    </th>
  );
}

const isNothing = (content: ReactNode): boolean => content === null || content === undefined || content === "" || content === false;

function BodyCell<Row>({ column, row }: { column: Column<Row>; row: Row }) {
  const className = column.isNumber ? "end" : undefined;
  const content = column.cell(row);
  if (column.isHeader) return <th scope="row" role="rowheader" className={className}>{content}</th>;
  return <td role="cell" className={className} data-label={column.title === "" ? undefined : column.title}>{isNothing(content) ? null : <div>{content}</div>}</td>;
}
