// What a page offers for an order: only what the API says is possible for one of its lines.

import type { Schema } from "../../api/client";

type Lines = Pick<Schema<"OrderDetail">, "lines">;
type Line = Schema<"OrderLineResponse">;

export type PlainAction = "reserve" | "pause" | "resume" | "reset";

const PLAIN: readonly PlainAction[] = ["reserve", "pause", "resume", "reset"];

/** Actions without a question, in their order. */
export function listPlainActions(order: Lines): readonly PlainAction[] {
  return PLAIN.filter((action) => order.lines.some((line) => line.actions.includes(action)));
}

/** Lines that can be booked now. */
export function listBookable(order: Lines): readonly Line[] {
  return order.lines.filter((line) => line.actions.includes("book"));
}

export function listCancellable(order: Lines): readonly Line[] {
  return order.lines.filter((line) => line.actions.includes("cancel"));
}

/** The earliest end of a reservation; null without one. */
export function findReservationEnd(order: Lines): string | null {
  const ends = listBookable(order).flatMap((line) => (line.expires_at === null ? [] : [line.expires_at]));
  return ends.toSorted((one, other) => Date.parse(one) - Date.parse(other))[0] ?? null;
}
