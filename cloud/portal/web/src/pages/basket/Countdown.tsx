import { useEffect, useRef, useState } from "react";
import { clockOf, findAnnouncement, phaseOf } from "../../basket/hold-time";
import { basket as t } from "../../text/en/basket";

/** The time that is left: shown each second, read out at a few moments only. */
export function Countdown({ seconds }: { seconds: number }) {
  const announcement = useAnnouncement(seconds);
  return (
    <div>
      <p className="quiet">{t.timeLeft}</p>
      <p className={`hold-clock ${phaseOf(seconds)}`} aria-hidden="true">{clockOf(seconds)}</p>
      <p className="visually-hidden" role="status" aria-live="polite">{announcement}</p>
    </div>
  );
}

function useAnnouncement(seconds: number): string {
  const before = useRef(seconds);
  const [text, setText] = useState("");
  useEffect(() => {
    if (findAnnouncement(before.current, seconds) !== undefined) setText(t.announced(seconds));
    before.current = seconds;
  }, [seconds]);
  return text;
}
