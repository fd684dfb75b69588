import { useState } from "react";
import { useChange } from "../../api/client";
import { Button, DateField, Dialog, Form, NumberField, ProblemNotice, TextField } from "../../design";
import { common } from "../../text/en";
import { experiments as t } from "../../text/en/retail";
import { RegionFilter, useProducts } from "./shared";

const FORM = "new-experiment";
const BP_OF_PERCENT = 100;
const MOST_PERCENT = 30;

/** Describes an experiment; the API draws the arms and refuses what cannot be tested. */
export function ExperimentForm({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState("");
  const [products, setProducts] = useState("");
  const [percent, setPercent] = useState(-5);
  const [harm, setHarm] = useState(0);
  const [region, setRegion] = useState("");
  const [starts, setStarts] = useState("");
  const [ends, setEnds] = useState("");
  const known = useProducts();
  const create = useChange("post", "/api/retail/experiments", { invalidates: ["/api/retail/experiments", "/api/retail/prices"], onSuccess: onClose });
  const submit = () => create.mutate({
    body: {
      name: name.trim(), products: products.split(",").map((one) => one.trim()).filter(Boolean),
      change_bp: Math.round(percent * BP_OF_PERCENT), harm_limit_bp: Math.round(harm * BP_OF_PERCENT), alpha: 0.05,
      region: region || null, starts_at: new Date(starts).toISOString(), ends_at: new Date(ends).toISOString(),
    },
  });
  const actions = (
    <>
      <Button onPress={onClose}>{common.cancel}</Button>
      <Button type="submit" form={FORM} variant="primary" isPending={create.isPending}>{t.create}</Button>
    </>
  );
  return (
    <Dialog title={t.create} isOpen onClose={onClose} actions={actions}>
      <Form id={FORM} className="stack" onSubmit={submit}>
        <TextField label={t.name} isRequired autoFocus minLength={3} maxLength={120} value={name} onChange={setName} />
        <TextField label={t.products} description={t.productsNote} isRequired placeholder={known[0]} value={products} onChange={setProducts} />
        <div className="fields">
          <NumberField label={t.changePercent} description={t.changeNote} isRequired minValue={-MOST_PERCENT} maxValue={MOST_PERCENT} value={percent} onChange={setPercent} />
          <NumberField label={t.harm} minValue={0} maxValue={50} value={harm} onChange={setHarm} />
        </div>
        <RegionFilter value={region} onChange={setRegion} />
        <div className="fields">
          <DateField label={t.starts} kind="datetime-local" isRequired value={starts} onChange={setStarts} />
          <DateField label={t.ends} description={t.endsNote} kind="datetime-local" isRequired value={ends} onChange={setEnds} />
        </div>
        <ProblemNotice error={create.error} />
      </Form>
    </Dialog>
  );
}
