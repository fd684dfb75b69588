import { useEffect, useState } from "react";
import { secondsLeft, type ServerMoment } from "./hold-time";

const TICK_MS = 250;

/** Seconds until an instant of the server, counted while a component is shown; undefined: no instant. */
export function useSecondsLeft(until: string | null | undefined, moment: ServerMoment | undefined): number | undefined {
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    if (until === null || until === undefined) return undefined;
    const timer = setInterval(() => setNow(performance.now()), TICK_MS);
    return () => clearInterval(timer);
  }, [until]);
  return until === null || until === undefined || moment === undefined ? undefined : secondsLeft(until, moment, now);
}
