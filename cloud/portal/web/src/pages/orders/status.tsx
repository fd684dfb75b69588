import type { Schema } from "../../api/client";
import { Badge, type Tone } from "../../design";
import { wordOf } from "../../format/words";
import { orders as t } from "../../text/en/orders";

export type BookingStatus = Schema<"BookingStatus">;

const TONES: Partial<Record<BookingStatus, Tone>> = {
  Booked: "good", InFlight: "good", Finished: "neutral", Reserved: "info", PendingReservation: "warn",
  PendingBooking: "warn", ChangePending: "warn", Paused: "warn", Expired: "bad", Declined: "bad", Canceled: "bad", Stopped: "bad",
};

export const statusText = (status: string): string => wordOf(t.statuses, status);

export function StatusBadge({ status, count = 1 }: { status: BookingStatus; count?: number }) {
  return <Badge tone={TONES[status] ?? "neutral"}>{t.statusCount(statusText(status), count)}</Badge>;
}
