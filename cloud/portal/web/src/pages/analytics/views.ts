import type { Schema } from "../../api/client";
import { analytics } from "../../text/en/analytics";

const t = analytics.views;

/** Where a saved view is shown. */
export function viewAddress(view: Pick<Schema<"SavedViewDocument">, "page" | "query">): string {
  return `/analytics/${view.page}${view.query === "" ? "" : `?${view.query}`}`;
}

export function describeSchedule({ every, day, hour }: Schema<"ScheduleDocument">): string {
  const clock = `${String(hour).padStart(2, "0")}:00`;
  return every === "weekly" ? t.weekly(t.dayNames[day - 1] ?? "", clock) : t.monthly(day, clock);
}
