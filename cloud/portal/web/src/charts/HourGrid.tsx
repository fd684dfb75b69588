// A table of hours: one row for each day, one column for each of the 24 local hours. Hours never wrap.
//
// A day on which the clock goes back has two cells in one column, one on which it goes forward has an
// empty column. Cells are reached with the arrow keys; the value is shown on hover and on focus.

import { memo, useCallback, useId, useMemo, useRef, useState, type FocusEvent, type KeyboardEvent, type MouseEvent, type ReactNode } from "react";
import { chart as t } from "../text/en/charts";
import { heatColour } from "./scale";
import "./charts.css";

export type CellMark = "past" | "sold_out" | "closed";

export interface GridCell {
  id: string;
  /** The whole value in words. */
  label: string;
  /** Its class; null without a value. */
  heat: number | null;
  /** Not observed: hatched. */
  isEstimated?: boolean;
  mark?: CellMark;
}

export interface GridRow {
  id: string;
  label: string;
  /** By local hour: usually one cell each. */
  hours: readonly (readonly GridCell[])[];
}

export interface HourGridProps {
  /** What is shown, for whom: read by screen readers. */
  caption: string;
  rows: readonly GridRow[];
  breaks: readonly number[];
  selected?: string;
  onSelect?: (id: string) => void;
  /** Under the grid, after the line with the value. */
  legend: ReactNode;
}

export function HourGrid({ caption, rows, breaks, selected, onSelect, legend }: HourGridProps) {
  const [shown, setShown] = useState<string>();
  const captionId = useId();
  const labels = useMemo(() => new Map(rows.flatMap((row) => row.hours.flat()).map((cell) => [cell.id, cell.label])), [rows]);
  const show = useCallback((event: MouseEvent | FocusEvent) => setShown(cellOf(event.target)?.dataset.cell), []);
  const value = labels.get(shown ?? "") ?? labels.get(selected ?? "");
  return (
    <figure className="hour-grid-figure">
      <div className="hour-grid-scroll" onMouseOver={show} onFocus={show}>
        <table className="hour-grid" role="grid" aria-labelledby={captionId}>
          <caption id={captionId} className="visually-hidden">{caption}</caption>
          <HourHead />
          <GridBody rows={rows} breaks={breaks} selected={selected} onSelect={onSelect} />
        </table>
      </div>
      <figcaption>
        <p className="hour-grid-value number">{value ?? <span className="quiet">{t.pointAtHour}</span>}</p>
        {legend}
      </figcaption>
    </figure>
  );
}

const HOURS = Array.from({ length: 24 }, (_, hour) => hour);

function HourHead() {
  return (
    <thead>
      <tr><td />{HOURS.map((hour) => <th key={hour} scope="col">{hour % 3 === 0 ? String(hour).padStart(2, "0") : <span className="visually-hidden">{hour}</span>}</th>)}</tr>
    </thead>
  );
}

interface BodyProps extends Pick<HourGridProps, "rows" | "breaks" | "selected" | "onSelect"> {}

const GridBody = memo(function GridBody({ rows, breaks, selected, onSelect }: BodyProps) {
  const body = useRef<HTMLTableSectionElement>(null);
  const first = rows.flatMap((row) => row.hours.flat())[0]?.id;
  const entry = rows.some((row) => row.hours.flat().some((cell) => cell.id === selected)) ? selected : first;
  const press = (event: MouseEvent) => { const id = cellOf(event.target)?.dataset.cell; if (id !== undefined) onSelect?.(id); };
  return (
    <tbody ref={body} onClick={press} onKeyDown={(event) => moveFocus(event, body.current)}>
      {rows.map((row, at) => (
        <tr key={row.id}>
          <th scope="row">{row.label}</th>
          {HOURS.map((hour) => (
            <td key={hour} role="gridcell">
              {(row.hours[hour] ?? []).map((cell) => <Cell key={cell.id} cell={cell} row={at} hour={hour} breaks={breaks} isSelected={cell.id === selected} isEntry={cell.id === entry} />)}
            </td>
          ))}
        </tr>
      ))}
    </tbody>
  );
});

interface CellProps {
  cell: GridCell;
  row: number;
  hour: number;
  breaks: readonly number[];
  isSelected: boolean;
  isEntry: boolean;
}

function Cell({ cell, row, hour, breaks, isSelected, isEntry }: CellProps) {
  const names = ["hour-cell", ...(cell.mark ? [cell.mark] : []), ...(cell.isEstimated ? ["estimated"] : []), ...(cell.heat === null ? ["no-value"] : [])];
  const style = cell.heat === null ? undefined : { backgroundColor: heatColour(cell.heat, breaks) };
  return (
    <button type="button" className={names.join(" ")} style={style} tabIndex={isEntry ? 0 : -1} data-cell={cell.id} data-row={row} data-hour={hour} aria-label={cell.label} aria-pressed={isSelected} />
  );
}

function cellOf(target: EventTarget): HTMLElement | null {
  return target instanceof HTMLElement ? target.closest<HTMLElement>("[data-cell]") : null;
}

const STEPS: Readonly<Record<string, readonly [rows: number, hours: number]>> = {
  ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0],
};

function moveFocus(event: KeyboardEvent, body: HTMLElement | null): void {
  const from = cellOf(event.target);
  if (body === null || from === null) return;
  const next = findNext(event.key, from, body);
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
}

/** The next cell in the direction of a key: in a row cell by cell, across rows by hour, empty hours skipped. */
function findNext(key: string, from: HTMLElement, body: HTMLElement): HTMLElement | undefined {
  const inRow = (row: number) => Array.from(body.querySelectorAll<HTMLElement>(`[data-row="${row}"]`));
  const row = Number(from.dataset.row);
  const cells = inRow(row);
  if (key === "Home") return cells[0];
  if (key === "End") return cells.at(-1);
  const [rows, hours] = STEPS[key] ?? [0, 0];
  if (hours !== 0) return cells[cells.indexOf(from) + hours];
  if (rows === 0) return undefined;
  const hour = Number(from.dataset.hour);
  return inRow(row + rows).toSorted((a, b) => Math.abs(Number(a.dataset.hour) - hour) - Math.abs(Number(b.dataset.hour) - hour))[0];
}
