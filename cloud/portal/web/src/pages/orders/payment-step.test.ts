import { expect, it } from "vitest";
import type { Schema } from "../../api/client";
import { findReservationEnd, listPlainActions } from "./order-actions";
import { findPayment, findStep, isOnAccountOffered } from "./payment-step";

const line = (status: string, actions: readonly string[] = [], expires_at: string | null = null) => ({ status, actions, expires_at });
const order = (...lines: object[]) => ({ lines }) as unknown as Schema<"OrderDetail">;
const options = (status?: string, due = 252) => ({
  due_minor: due,
  open_payment: status === undefined || status === "succeeded" || status === "canceled" ? null : "p1",
  payments: status === undefined ? [] : [{ id: "p1", status }],
}) as unknown as Schema<"PaymentOptionsResponse">;
const RESERVED = order(line("Reserved", ["book", "cancel"], "2027-11-22T08:00:00Z"));

it.each([
  [undefined, "choose"], ["canceled", "choose"], ["requires_payment_method", "method"], ["requires_action", "challenge"],
  ["processing", "processing"], ["pending", "processing"], ["requires_capture", "transfer"],
])("a payment that is %s is at the step %s", (status, step) => expect(findStep(RESERVED, options(status))).toBe(step));

it("a paid order is booked once: the step follows from the order", () => {
  expect(findStep(RESERVED, options("succeeded", 0))).toBe("paid");
  expect(findStep(order(line("Booked", ["cancel"])), options("succeeded", 0))).toBe("booked");
  expect(findStep(order(line("PendingBooking")), options())).toBe("pending");
});

it("what was paid for other lines does not pay for these", () => expect(findStep(RESERVED, options("succeeded", 120))).toBe("choose"));

it("an expired reservation cannot be paid", () => expect(findStep(order(line("Expired", ["reset"])), options())).toBe("over"));

it("the open payment is shown, not the latest", () => {
  const two = { ...options("processing"), payments: [{ id: "p2", status: "canceled" }, { id: "p1", status: "processing" }] };
  expect(findPayment(two as unknown as Schema<"PaymentOptionsResponse">)?.id).toBe("p1");
});

it("an order offers what its lines allow", () => {
  const both = order(line("Paused", ["resume"]), line("Reserved", ["book"], "2027-11-22T09:00:00Z"), line("Reserved", ["book"], "2027-11-22T07:00:00Z"));
  expect(listPlainActions(both)).toEqual(["resume"]);
  expect(findReservationEnd(both)).toBe("2027-11-22T07:00:00Z");
});

it("offers booking on account within credit, above a limit, and where there is no card", () => {
  const offer = (is_within_credit: boolean, credit_limit_minor: number | null, ...extending: boolean[]) => isOnAccountOffered({
    is_within_credit, credit_limit_minor, providers: extending.map((extends_credit) => ({ name: "one", is_simulated: true, extends_credit })),
  });
  expect([offer(true, 0, true, false), offer(false, 5_000, true, false), offer(false, 0, true)]).toEqual([true, true, true]);
  expect(offer(false, 0, true, false)).toBe(false);
});
