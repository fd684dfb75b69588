import { useEffect, useRef, useState } from "react";
import { getOnce } from "../../api/client";
import { useStream, type StreamState } from "../../api/event-stream";
import { LiveBoard, type LiveWindow } from "./live-board";

const DRAW_EVERY_MS = 2_000;
const AT_ONCE = 4;

/** The board of some locations. It is drawn at most every two seconds, however many events arrive. */
export function useLiveBoard(locations: readonly string[]): { board: LiveBoard; now: number; state: StreamState } {
  const board = useRef(new LiveBoard());
  const [now, setNow] = useState(() => Date.now());
  const joined = locations.join(" ");
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), DRAW_EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  useEffect(() => {
    const waiting = joined === "" ? [] : joined.split(" ");
    const load = async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await loadLocation(board.current, next);
    };
    void Promise.all(Array.from({ length: AT_ONCE }, load)).then(() => setNow(Date.now()));
    return () => { waiting.length = 0; };
  }, [joined]);
  const state = useStream(joined === "" ? undefined : "/api/live?what=window", ["window"], (_, data) => {
    const { location, ...window } = JSON.parse(data) as LiveWindow & { location: string };
    board.current.apply(location, window, Date.now());
  });
  return { board: board.current, now, state };
}

async function loadLocation(board: LiveBoard, location: string): Promise<void> {
  try {
    const answer = await getOnce("/api/audience/{location}", { params: { path: { location }, query: { window: "5m" } } });
    board.load(answer, Date.now());
  } catch {
    // the stream brings its next window; until then the location has no data
  }
}
