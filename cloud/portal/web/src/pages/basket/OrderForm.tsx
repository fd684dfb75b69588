import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useChange } from "../../api/client";
import { durableKey, forgetKey } from "../../api/durable-key";
import type { Basket } from "../../basket/basket";
import { clockOf } from "../../basket/hold-time";
import { useBasket } from "../../basket/use-basket";
import { Button, Dialog, Form, ProblemNotice, TextField } from "../../design";
import { basket as t } from "../../text/en/basket";

export interface OrderFormProps {
  basket: Basket;
  isOpen: boolean;
  onClose: () => void;
  secondsLeft: number;
}

/** Makes an order of a hold. Its two requests have the same keys after a reload, so there is one order. */
export function OrderForm({ basket, isOpen, onClose, secondsLeft }: OrderFormProps) {
  const [name, setName] = useState("");
  const [purchaseOrder, setPurchaseOrder] = useState("");
  const { create, isPending, error } = useOrderOf(basket);
  const submit = () => create(name.trim(), purchaseOrder.trim());
  return (
    <Dialog title={t.orderTitle} isOpen={isOpen} onClose={onClose}>
      <Form onSubmit={submit} className="stack">
        <p>{t.orderDetail} {t.timeLeft}: <span className="number">{clockOf(secondsLeft)}</span>.</p>
        <TextField label={t.orderName} isRequired maxLength={120} value={name} onChange={setName} autoFocus />
        <TextField label={t.purchaseOrder} description={t.optional} maxLength={120} value={purchaseOrder} onChange={setPurchaseOrder} />
        <ProblemNotice error={error} />
        <div className="actions"><Button type="submit" variant="primary" isPending={isPending} isDisabled={name.trim() === ""}>{t.createOrder}</Button></div>
      </Form>
    </Dialog>
  );
}

function useOrderOf(basket: Basket) {
  const navigate = useNavigate();
  const { mark } = useBasket();
  const addLines = useChange("post", "/api/orders/{order}/lines");
  const place = useChange("post", "/api/orders");
  const purposes = { order: `order-${basket.id}`, lines: `lines-${basket.id}` };
  const finish = (order: string) => {
    mark(basket.id, { order });
    Object.values(purposes).forEach((purpose) => forgetKey(purpose));
    void navigate({ to: "/checkout/$order", params: { order } as never });
  };
  const add = (order: string) => addLines.mutate(
    { params: { path: { order }, header: durableKey(purposes.lines) }, body: { hold: basket.hold ?? "" } },
    { onSuccess: () => finish(order) },
  );
  const create = (name: string, purchaseOrder: string) => place.mutate(
    { params: { header: durableKey(purposes.order, name, purchaseOrder) }, body: { name, purchase_order: purchaseOrder || null } },
    { onSuccess: (made) => add(made.id) },
  );
  return { create, isPending: place.isPending || addLines.isPending, error: place.error ?? addLines.error };
}
