import { useState } from "react";
import { useChange, useGet, type Schema } from "../../api/client";
import { DataView, TextField } from "../../design";
import { decimalToMinor, minorMoney } from "../../format/money";
import { finance } from "../../text/en/finance";
import { sales } from "../../text/en/sales";
import { fieldErrors } from "../sales/parts/field-errors";
import { FormDialog } from "../sales/inventory/FormDialog";

type Document = Schema<"DocumentSummary">;
type Line = Schema<"DocumentLine">;
const t = finance.invoices;
const FIELDS = ["reason"];

/** Amounts to credit of the lines of a final invoice. The API computes VAT, and refuses more than is left. */
export function CreditForm({ invoice, onClose, onRequested }: { invoice: Document; onClose: () => void; onRequested: () => void }) {
  const query = useGet("/api/invoices/{invoice}", { params: { path: { invoice: invoice.id } } });
  const [amounts, setAmounts] = useState<Readonly<Record<number, string>>>({});
  const [reason, setReason] = useState("");
  const request = useChange("post", "/api/invoices/{invoice}/credit-notes", { invalidates: ["/api/invoices", "/api/approvals"], onSuccess: onRequested });
  const lines = Object.entries(amounts).filter(([, text]) => text.trim() !== "").map(([line, text]) => ({ line: Number(line), amount_minor: decimalToMinor(text, invoice.currency) }));
  const wrong = new Set(lines.filter((one) => one.amount_minor === null).map((one) => one.line));
  const send = () => {
    const known = lines.flatMap(({ line, amount_minor }) => (amount_minor === null ? [] : [{ line, amount_minor }]));
    request.mutate({ params: { path: { invoice: invoice.id } }, body: { lines: known, reason } });
  };
  return (
    <FormDialog
      title={t.creditTitle(invoice.number ?? "")} fields={FIELDS} error={request.error} isPending={request.isPending}
      isDisabled={lines.length === 0 || wrong.size > 0} onSubmit={send} onClose={onClose} isWide
    >
      <p className="quiet">{t.creditLead}</p>
      <DataView query={query}>
        {(data) => (
          <div className="stack">
            {data.lines.filter(isCreditable).map((line) => (
              <TextField
                key={line.number} label={`${line.number}. ${line.text}`} description={`${t.billed}: ${minorMoney(line.amount_minor, invoice.currency)}`} inputMode="decimal"
                value={amounts[line.number] ?? ""} onChange={(text) => setAmounts((before) => ({ ...before, [line.number]: text }))}
                errorMessage={wrong.has(line.number) ? minorMoney(line.amount_minor, invoice.currency) : undefined}
              />
            ))}
          </div>
        )}
      </DataView>
      <TextField label={sales.shared.reason} description={sales.shared.reasonNote} isRequired minLength={3} maxLength={200} value={reason} onChange={setReason} errorMessage={fieldErrors(request.error).reason} />
    </FormDialog>
  );
}

/** The commission is credited by the API in proportion. */
const isCreditable = (line: Line) => line.kind !== "commission" && line.amount_minor > 0;
