// What a checkout shows, from what the API says of an order and its payments. No state of its own.

import type { Schema } from "../../api/client";
import { listBookable } from "./order-actions";

type Options = Schema<"PaymentOptionsResponse">;
type Order = Schema<"OrderDetail">;
type Payment = Schema<"PaymentResponse">;

export type PaymentStep = "booked" | "pending" | "over" | "paid" | "method" | "challenge" | "processing" | "transfer" | "choose";

/** States in which hours are bought, or wait for the media owner. */
const BOUGHT = new Set(["Booked", "InFlight", "Paused", "Finished", "ChangePending"]);
const WAITING = new Set(["PendingBooking", "PendingReservation"]);

export function findPayment(options: Options): Payment | undefined {
  return options.payments.find((one) => one.id === options.open_payment) ?? options.payments[0];
}

export function findStep(order: Order, options: Options): PaymentStep {
  if (listBookable(order).length === 0) return findStepWithoutBooking(order);
  const payment = findPayment(options);
  if (payment?.status === "succeeded" && options.due_minor <= 0) return "paid";
  switch (options.open_payment === null ? undefined : payment?.status) {
    case "requires_payment_method": return "method";
    case "requires_action": return "challenge";
    case "requires_capture": return "transfer";
    case "pending": case "processing": return "processing";
    default: return "choose";
  }
}

function findStepWithoutBooking(order: Order): PaymentStep {
  const states = order.lines.map((line) => line.status);
  if (states.some((one) => BOUGHT.has(one))) return "booked";
  return states.some((one) => WAITING.has(one)) ? "pending" : "over";
}

/** Whether the answer may change without the payer: then it is read again. */
export const isAwaited = (step: PaymentStep): boolean => step === "challenge" || step === "processing";

/** An account without credit that can pay by card is not shown that it is above its limit of nothing. */
export function isOnAccountOffered(options: Pick<Options, "is_within_credit" | "credit_limit_minor" | "providers">): boolean {
  return options.is_within_credit || options.credit_limit_minor !== 0 || options.providers.every((one) => one.extends_credit);
}
