import { useState } from "react";
import { useChange, useGet } from "../../api/client";
import { Button, Checkbox, DataView, Dialog, Facts, Form, Notice, ProblemNotice, TextField } from "../../design";
import { common } from "../../text/en";
import { errors as t } from "../../text/en/retail";
import type { PriceError } from "./PriceErrors";

const FORM = "repair-price-point";

/** Tries a refused price point again, with another value of its field or as it is. */
export function RepairError({ error, onClose }: { error: PriceError; onClose: (done: boolean) => void }) {
  const [value, setValue] = useState("");
  const [isConfirmed, setConfirmed] = useState(false);
  const query = useGet("/api/retail/price-errors/{price_error}", { params: { path: { price_error: error.id } } });
  const replay = useChange("post", "/api/retail/price-errors/{price_error}/replay", {
    invalidates: ["/api/retail/price-errors", "/api/retail/price-errors/counts"],
    onSuccess: (result) => { if (result.committed) onClose(true); },
  });
  const { field } = error;
  const submit = () => replay.mutate({
    params: { path: { price_error: error.id } },
    body: { changes: field === null || value === "" ? {} : { [field]: value }, confirm_outlier: isConfirmed },
  });
  const actions = (
    <>
      <Button onPress={() => onClose(false)}>{common.cancel}</Button>
      <Button type="submit" form={FORM} variant="primary" isPending={replay.isPending}>{value === "" ? t.replay : t.repair}</Button>
    </>
  );
  return (
    <Dialog title={t.repairTitle(error.id)} isOpen isWide onClose={() => onClose(false)} actions={actions}>
      <Form id={FORM} className="stack" onSubmit={submit}>
        <Facts rows={[[t.reason, t.reasons[error.reason] ?? error.reason], [t.found, error.found], [t.expected, error.expected]]} />
        {field !== null && <TextField label={t.newValue(field)} description={t.newValueNote} maxLength={200} value={value} onChange={setValue} />}
        {error.reason === "outlier" && <Checkbox isSelected={isConfirmed} onChange={setConfirmed}>{t.confirmOutlier}</Checkbox>}
        {replay.data?.committed === false && <Notice tone="bad" title={t.refusedAgain} isAnnounced>{replay.data.outcome}</Notice>}
        <ProblemNotice error={replay.error} />
        <DataView query={query}>{(detail) => <div><h3>{t.payload}</h3><pre className="retail-code" tabIndex={0}>{detail.payload}</pre></div>}</DataView>
      </Form>
    </Dialog>
  );
}
