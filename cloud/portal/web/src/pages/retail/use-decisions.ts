// Decisions on recommendations: one or several at once, and what became of each.

import { useState } from "react";
import { useChange, type Schema } from "../../api/client";
import type { Recommendation } from "./Recommendations";

const CHANGED = ["/api/retail/recommendations", "/api/retail/prices", "/api/retail/prices/path"] as const;
export type Asked = { kind: "change" | "reject"; rows: readonly Recommendation[] };
export type Decision = Schema<"BulkDecision">;
export type Result = Schema<"BulkResult">;

export interface Decisions {
  /** What a dialog asks about; null without one. */
  asked: Asked | null;
  ask: (asked: Asked | null) => void;
  accept: (rows: readonly Recommendation[]) => void;
  send: (decisions: readonly Decision[]) => void;
  results: readonly Result[];
  forget: () => void;
  isPending: boolean;
  error: unknown;
  reset: () => void;
}

export function useDecisions(): Decisions {
  const [asked, setAsked] = useState<Asked | null>(null);
  const [results, setResults] = useState<readonly Result[]>([]);
  const change = useChange("post", "/api/retail/recommendations/decisions", {
    invalidates: CHANGED,
    onSuccess: (answer) => { setResults(answer.results); setAsked(null); },
  });
  const send = (decisions: readonly Decision[]) => change.mutate({ body: { decisions: [...decisions] } });
  return {
    asked, results, send,
    ask: (next) => { change.reset(); setAsked(next); },
    accept: (rows) => send(rows.map((row) => ({ id: row.id, decision: "accept" }))),
    forget: () => setResults([]),
    isPending: change.isPending, error: change.error, reset: change.reset,
  };
}
