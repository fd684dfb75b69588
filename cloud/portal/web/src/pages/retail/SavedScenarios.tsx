import { useState } from "react";
import { useChange, useGet, type Schema } from "../../api/client";
import { Button, Card, DataView, Form, ProblemNotice, Table, TextField, type Column } from "../../design";
import { change, share } from "../../format/number";
import { instantText } from "../../format/time";
import { scenario as t } from "../../text/en/retail";
import type { Question } from "./use-scenario";

type Saved = Schema<"SavedScenarioSummary">;

/** Saves the case under a name, and lists those of the product. */
export function SavedScenarios({ product, question }: { product: string; question: Question }) {
  const [name, setName] = useState("");
  const list = useGet("/api/retail/scenarios", { params: { query: { product } } });
  const save = useChange("post", "/api/retail/scenarios", { invalidates: ["/api/retail/scenarios"], onSuccess: () => setName("") });
  const submit = () => save.mutate({ body: { ...question, name: name.trim() } });
  return (
    <Card title={t.savedTitle}>
      <div className="stack">
        <Form className="fields" onSubmit={submit}>
          <TextField label={t.name} isRequired minLength={1} maxLength={120} value={name} onChange={setName} />
          <div className="row"><Button type="submit" isPending={save.isPending}>{t.save}</Button></div>
        </Form>
        <ProblemNotice error={save.error} />
        <DataView query={list} isEmpty={(data) => data.scenarios.length === 0} empty={<p className="quiet">{t.noneSaved}</p>}>
          {(data) => <Table caption={t.savedTitle} columns={COLUMNS} rows={data.scenarios} rowKey={(row) => row.id} isPlain />}
        </DataView>
      </div>
    </Card>
  );
}

const COLUMNS: readonly Column<Saved>[] = [
  { id: "name", title: t.name, cell: (row) => row.name, isHeader: true },
  { id: "what", title: t.which, cell: (row) => describe(row) },
  { id: "saved", title: t.saved, cell: (row) => <>{instantText(row.created_at)}<div className="quiet">{row.created_by}</div></> },
];

function describe({ question }: Saved): string {
  const parts = [
    question.price != null && `${t.price}: ${question.price}`,
    question.cost_change != null && `${t.cost}: ${change(Number(question.cost_change))}`,
    question.competitor_price_change != null && `${t.competitor}: ${change(Number(question.competitor_price_change))}`,
    typeof question.rules?.maximum_move === "number" && `${t.move}: ${share(question.rules.maximum_move)}`,
  ];
  return parts.filter(Boolean).join(" · ") || t.asNow;
}
