import { useEffect, useMemo, useRef } from "react";
import { isForSale, localClock, type CalendarScreen } from "./hours";
import type { ChosenHour as Hour } from "./state";
import { WhyPrice } from "./WhyPrice";

interface ChosenHourProps {
  screens: readonly CalendarScreen[];
  hour: Hour | null;
}

/** Under the calendars: the chosen hour. It is scrolled into view, also when an address names it. */
export function ChosenHour({ screens, hour }: ChosenHourProps) {
  const sameHours = useMemo(() => listSameHours(screens, hour), [screens, hour]);
  const frame = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (hour !== null) frame.current?.scrollIntoView?.({ block: "nearest" });
  }, [hour]);
  return <div ref={frame} className={hour === null ? "chosen-hour" : "chosen-hour chosen"}><WhyPrice hour={hour} sameHours={sameHours} /></div>;
}

/** The starts of the same local hour on all days of the calendar that can be bought. */
export function listSameHours(screens: readonly CalendarScreen[], hour: Hour | null): readonly string[] {
  const hours = screens.find((one) => one.location === hour?.location)?.hours ?? [];
  const chosen = hours.find((one) => one.starts_at === hour?.startsAt);
  if (chosen === undefined) return [];
  const isAlike = (one: typeof chosen) => localClock(one) === localClock(chosen) && isForSale(one);
  return hours.filter(isAlike).map((one) => one.starts_at);
}
