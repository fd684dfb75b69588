import { useRef, useState, type KeyboardEvent } from "react";
import { Badge, Button, Checkbox, type Tone } from "../../design";
import { Missing } from "../../format/Missing";
import { minorMoney } from "../../format/money";
import { change } from "../../format/number";
import { instantText } from "../../format/time";
import { retail, review as t } from "../../text/en/retail";
import { moveBy, toggled } from "./review-keys";
import type { Recommendation } from "./Recommendations";
import type { Decisions } from "./use-decisions";

export interface ReviewListProps {
  rows: readonly Recommendation[];
  /** Whether the rows wait for a decision. */
  isOpen: boolean;
  current: string | undefined;
  onCurrent: (id: string) => void;
  decisions: Decisions;
}

const MOST_AT_ONCE = 200;
const TONES: Readonly<Record<Recommendation["state"], Tone>> = {
  proposed: "info", accepted: "good", changed: "good", active: "good", rejected: "neutral", expired: "neutral", superseded: "neutral", rolled_back: "warn",
};

/** The queue: each row by its buttons or keys, several rows by the bar above them. */
export function ReviewList({ rows, isOpen, current, onCurrent, decisions }: ReviewListProps) {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const list = useRef<HTMLUListElement>(null);
  const picked = rows.filter((row) => chosen.has(row.id));
  const focus = (id: string | undefined) => {
    if (id === undefined) return;
    onCurrent(id);
    list.current?.querySelector<HTMLElement>(`[data-id="${id}"]`)?.focus();
  };
  const press = (event: KeyboardEvent, row: Recommendation) => {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
    const ids = rows.map((one) => one.id);
    const actions: Readonly<Record<string, () => void>> = {
      ArrowDown: () => focus(moveBy(ids, row.id, 1)),
      ArrowUp: () => focus(moveBy(ids, row.id, -1)),
      " ": () => isOpen && setChosen(toggled(chosen, row.id)),
      a: () => isOpen && decisions.accept([row]),
      c: () => isOpen && decisions.ask({ kind: "change", rows: [row] }),
      r: () => isOpen && decisions.ask({ kind: "reject", rows: [row] }),
    };
    const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (action === undefined) return;
    event.preventDefault();
    action();
  };
  return (
    <div className="stack">
      {isOpen && <BulkBar rows={rows} picked={picked} onChoose={setChosen} decisions={decisions} />}
      {isOpen && <p className="quiet">{t.keys}</p>}
      <ul className="retail-list" aria-label={t.list} ref={list}>
        {rows.map((row, at) => {
          const isCurrent = current === undefined ? at === 0 : current === row.id;
          return (
            <li key={row.id} className={isCurrent ? "retail-item current" : "retail-item"} data-id={row.id} tabIndex={isCurrent ? 0 : -1} aria-current={isCurrent} onFocus={() => onCurrent(row.id)} onKeyDown={(event) => press(event, row)}>
              {isOpen ? <Checkbox isSelected={chosen.has(row.id)} onChange={() => setChosen(toggled(chosen, row.id))}><span className="visually-hidden">{t.chooseOne(row.product, row.store)}</span></Checkbox> : <Badge tone={TONES[row.state]}>{t.states[row.state]}</Badge>}
              <Names row={row} />
              <Amounts row={row} />
              {isOpen && <Buttons row={row} decisions={decisions} />}
            </li>
          );
        })}
      </ul>
    </div>
  );
}

function BulkBar({ rows, picked, onChoose, decisions }: { rows: readonly Recommendation[]; picked: readonly Recommendation[]; onChoose: (ids: ReadonlySet<string>) => void; decisions: Decisions }) {
  const all = rows.slice(0, MOST_AT_ONCE);
  const isAll = picked.length === all.length;
  return (
    <div className="retail-bulk">
      <Checkbox isSelected={isAll} isIndeterminate={picked.length > 0 && !isAll} onChange={(on) => onChoose(new Set(on ? all.map((row) => row.id) : []))}>{t.chooseAll}</Checkbox>
      <span className="quiet" role="status">{t.chosen(picked.length)}</span>
      <Button isSmall variant="primary" isDisabled={picked.length === 0} isPending={decisions.isPending} onPress={() => decisions.accept(picked)}>{t.acceptChosen(picked.length)}</Button>
      <Button isSmall isDisabled={picked.length === 0} onPress={() => decisions.ask({ kind: "reject", rows: picked })}>{t.rejectChosen(picked.length)}</Button>
    </div>
  );
}

function Names({ row }: { row: Recommendation }) {
  return (
    <div className="names">
      <strong>{row.product}</strong> · {row.store}
      <div className="quiet">{row.region} · {row.category}</div>
      {row.decided_by !== null && row.decided_at !== null && <div className="quiet">{t.decidedBy(row.decided_by, instantText(row.decided_at))}{row.reason !== null && `: ${row.reason}`}</div>}
    </div>
  );
}

function Amounts({ row }: { row: Recommendation }) {
  const price = row.decided_minor ?? row.price_minor;
  return (
    <div className="amounts">
      <span>{minorMoney(row.current_minor, row.currency)} → <strong>{minorMoney(price, row.currency)}</strong> <span className="quiet">{change(price / row.current_minor - 1, 1)}</span></span>
      <span>{row.margin_change_minor === null ? <Missing reason={retail.noEstimate} /> : minorMoney(row.margin_change_minor, row.currency)} <span className="quiet">{t.margin}</span></span>
    </div>
  );
}

function Buttons({ row, decisions }: { row: Recommendation; decisions: Decisions }) {
  const rows = [row];
  return (
    <div className="buttons">
      <Button isSmall variant="primary" isDisabled={decisions.isPending} onPress={() => decisions.accept(rows)}>{t.accept}</Button>
      <Button isSmall onPress={() => decisions.ask({ kind: "change", rows })}>{t.changePrice}</Button>
      <Button isSmall onPress={() => decisions.ask({ kind: "reject", rows })}>{t.reject}</Button>
    </div>
  );
}
