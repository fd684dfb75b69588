// Small pieces of content: cards, figures, badges, notices, facts.

import { useId, type ReactNode } from "react";
import { Missing } from "../format/Missing";

export type Tone = "neutral" | "good" | "warn" | "bad" | "info";

export function Card({ title, actions, children }: { title?: string; actions?: ReactNode; children: ReactNode }) {
  const id = useId();
  return (
    <section className="card" aria-labelledby={title === undefined ? undefined : id}>
      {title !== undefined && <header><h2 id={id}>{title}</h2>{actions}</header>}
      {children}
    </section>
  );
}

export function Figures({ children }: { children: ReactNode }) {
  return <dl className="figures">{children}</dl>;
}

export interface FigureProps {
  label: string;
  /** A formatted value; null when there is none. */
  value: ReactNode | null;
  unit?: string;
  note?: ReactNode;
  /** Why there is no value: shown with the dash. */
  reason?: string;
}

/** One figure of a `Figures` list. */
export function Figure({ label, value, unit, note, reason }: FigureProps) {
  return (
    <div className="figure">
      <dt>{label}</dt>
      <dd>
        <div className="value">{value === null ? <Missing reason={reason} /> : <>{value}{unit !== undefined && <span className="unit">{unit}</span>}</>}</div>
        {note !== undefined && <div className="note">{note}</div>}
      </dd>
    </div>
  );
}

/** A state in one or two words; its shape and its words say what its colour says. */
export function Badge({ tone = "neutral", children }: { tone?: Tone; children: ReactNode }) {
  return <span className={`badge ${tone}`}>{children}</span>;
}

export interface NoticeProps {
  tone?: Tone;
  title?: string;
  children?: ReactNode;
  /** Read out at once: for the outcome of something that the user did. */
  isAnnounced?: boolean;
}

export function Notice({ tone = "info", title, children, isAnnounced = false }: NoticeProps) {
  return (
    <div className={`notice ${tone}`} role={isAnnounced ? (tone === "bad" ? "alert" : "status") : undefined}>
      {title !== undefined && <strong>{title}</strong>}
      {children !== undefined && <div>{children}</div>}
    </div>
  );
}

/** Names and values, such as those of an order. */
export function Facts({ rows }: { rows: readonly (readonly [label: string, value: ReactNode])[] }) {
  return <dl className="facts">{rows.map(([label, value]) => <FactRow key={label} label={label} value={value} />)}</dl>;
}

function FactRow({ label, value }: { label: string; value: ReactNode }) {
  return <><dt>{label}</dt><dd>{value}</dd></>;
}
