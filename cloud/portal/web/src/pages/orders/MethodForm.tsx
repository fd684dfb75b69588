import { useState } from "react";
import { Button, Form, Notice, Select, TextField } from "../../design";
import { checkout as t } from "../../text/en/orders";

const METHODS = Object.entries(t.methods).map(([value, label]) => ({ value, label }));
const METHOD_ID = "^pm_[A-Za-z0-9_]{1,100}$";

export interface MethodFormProps {
  isSimulated: boolean;
  amount: string;
  isPending: boolean;
  onPay: (method: string) => void;
}

/** Card data never comes here: a card is known by the id that the provider gave it. */
export function MethodForm({ isSimulated, amount, isPending, onPay }: MethodFormProps) {
  const [method, setMethod] = useState(isSimulated ? (METHODS[0]?.value ?? "") : "");
  const submit = () => onPay(method);
  return (
    <Form onSubmit={submit} className="stack">
      {isSimulated && <Notice>{t.simulated}</Notice>}
      {isSimulated
        ? <Select label={t.method} choices={METHODS} value={method} onChange={setMethod} />
        : <TextField label={t.methodId} description={t.methodIdDetail} isRequired pattern={METHOD_ID} autoComplete="off" value={method} onChange={setMethod} />}
      <div><Button type="submit" variant="primary" isPending={isPending}>{t.pay(amount)}</Button></div>
    </Form>
  );
}
