// The requests of a payment. Each has a key that outlasts a reload, so none is executed twice.
//
// A confirmation belongs to one attempt: after a decline the attempt is over and the next one has a
// new key; after a lost answer it is the same attempt, with the same key.

import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { useChange, type Schema } from "../../api/client";
import { durableKey, forgetKey } from "../../api/durable-key";
import { ApiProblem } from "../../api/problem";
import { findPayment, findStep } from "./payment-step";

type Payment = Schema<"PaymentResponse">;

export interface PaymentActions {
  pay: (provider: string, method: string) => void;
  cancel: () => void;
  book: () => void;
  /** Sends the last request again, with the same key. */
  retry: () => void;
  isPending: boolean;
  error: ApiProblem | null;
  /** Whether the outcome of the last request is not known: it may have been executed. */
  isUnknown: boolean;
}

const LOOK_AGAIN_MS = 2_000;
const READ_AGAIN = ["/api/orders/{order}/payment-options", "/api/orders/{order}", "/api/orders"] as const;

export function usePayment(order: Schema<"OrderDetail">, options: Schema<"PaymentOptionsResponse">): PaymentActions {
  const again = useRef<() => void>(() => undefined);
  const create = useChange("post", "/api/payments", { invalidates: READ_AGAIN });
  const confirm = useChange("post", "/api/payments/{payment}/confirm", { invalidates: READ_AGAIN });
  const stop = useChange("post", "/api/payments/{payment}/cancel", { invalidates: READ_AGAIN });
  const action = useChange("post", "/api/orders/{order}/actions", { invalidates: READ_AGAIN });
  const changes = [create, confirm, stop, action];
  const run = (request: () => void) => { changes.forEach((one) => one.reset()); again.current = request; request(); };

  const charge = (payment: Payment, method: string) => confirm.mutate(
    { params: { path: { payment: payment.id }, header: durableKey(`confirm-${payment.id}`, method, payment.failure) }, body: { payment_method: method } },
    { onSuccess: () => forgetKey(`confirm-${payment.id}`) },
  );
  const begin = (provider: string, method: string) => {
    const body = { order: order.id, provider, amount_minor: options.due_minor, currency: options.currency, capture_later: false };
    create.mutate({ params: { header: durableKey(`pay-${order.id}`, provider, body.amount_minor) }, body }, { onSuccess: (made) => { forgetKey(`pay-${order.id}`); charge(made, method); } });
  };
  const book = () => action.mutate({ params: { path: { order: order.id } }, body: { action: "book" } });
  const open = options.open_payment === null ? undefined : findPayment(options);
  const cancel = () => {
    if (open === undefined) return;
    stop.mutate({ params: { path: { payment: open.id } } });
  };
  const error = changes.find((one) => one.error !== null)?.error ?? null;
  const isPending = changes.some((one) => one.isPending);
  const isUnknown = error?.isTemporary === true && !isPending;
  useReadWhileUnknown(isUnknown);
  useBookWhenPaid(findStep(order, options) === "paid", () => run(book));
  return {
    pay: (provider, method) => run(() => (open === undefined ? begin(provider, method) : charge(open, method))),
    cancel: () => run(cancel),
    book: () => run(book),
    retry: () => again.current(),
    isPending,
    error,
    isUnknown,
  };
}

/** Reads what the provider has reported meanwhile: its webhook settles a request whose answer was lost. */
function useReadWhileUnknown(isUnknown: boolean): void {
  const cache = useQueryClient();
  useEffect(() => {
    if (!isUnknown) return undefined;
    const read = () => READ_AGAIN.forEach((path) => void cache.invalidateQueries({ queryKey: [path] }));
    const timer = setInterval(read, LOOK_AGAIN_MS);
    return () => clearInterval(timer);
  }, [cache, isUnknown]);
}

/** A payment that has succeeded books the order, once; after a refusal the payer decides. */
function useBookWhenPaid(isPaid: boolean, book: () => void): void {
  const isTried = useRef(false);
  const run = useRef(book);
  run.current = book;
  useEffect(() => {
    if (!isPaid || isTried.current) return;
    isTried.current = true;
    run.current();
  }, [isPaid]);
}
