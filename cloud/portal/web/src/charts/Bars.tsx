import { Missing } from "../format/Missing";
import "./charts.css";

export interface BarRow {
  id: string;
  label: string;
  /** Null: unknown; drawn as no bar, never as one of length zero. */
  value: number | null;
  note?: string;
}

/** Values as bars from zero on, each with its label and its value in words. */
export function Bars({ caption, rows, format }: { caption: string; rows: readonly BarRow[]; format: (value: number) => string }) {
  const known = rows.flatMap((row) => (row.value === null ? [] : [row.value]));
  const least = Math.min(0, ...known);
  const span = Math.max(0, ...known) - least || 1;
  return (
    <table className="bars" role="table">
      <caption className="visually-hidden">{caption}</caption>
      <tbody>
        {rows.map((row) => (
          <tr key={row.id}>
            <th scope="row">{row.label}{row.note && <span className="quiet"> {row.note}</span>}</th>
            <td className="bars-track" aria-hidden="true">{row.value !== null && <Bar from={Math.min(0, row.value) - least} length={Math.abs(row.value)} span={span} />}</td>
            <td className="bars-value number">{row.value === null ? <Missing /> : format(row.value)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Bar({ from, length, span }: { from: number; length: number; span: number }) {
  return <span style={{ insetInlineStart: `${(100 * from) / span}%`, width: `${(100 * length) / span}%` }} />;
}
