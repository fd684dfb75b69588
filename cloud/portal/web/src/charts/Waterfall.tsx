import { layOutBars, type WaterfallBar, type WaterfallStep } from "./steps";
import "./charts.css";

export interface WaterfallProps {
  caption: string;
  /** The first is the start, the last the result. */
  steps: readonly WaterfallStep[];
}

const percent = (ratio: number) => `${(100 * ratio).toFixed(2)}%`;

/** From a start to a result, step by step, each with its reason in words: a table whose bars are decoration. */
export function Waterfall({ caption, steps }: WaterfallProps) {
  return (
    <table className="waterfall">
      <caption className="visually-hidden">{caption}</caption>
      <tbody>{layOutBars(steps).map((bar) => <BarRow key={bar.id} bar={bar} />)}</tbody>
    </table>
  );
}

function BarRow({ bar }: { bar: WaterfallBar }) {
  return (
    <tr className={bar.kind}>
      <th scope="row">{bar.label}{bar.reason !== undefined && <span className="waterfall-reason">{bar.reason}</span>}</th>
      <td className="waterfall-change number">{bar.change}</td>
      <td className="waterfall-track"><span aria-hidden="true" style={{ insetInlineStart: percent(bar.from), width: percent(bar.length) }} /></td>
      <td className="waterfall-value number">{bar.valueText}</td>
    </tr>
  );
}
