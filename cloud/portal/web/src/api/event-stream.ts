// Server-sent events. The browser reconnects by itself after a broken connection, but not after a
// refusal: then a new stream is opened, later each time.

import { useEffect, useRef, useState } from "react";

export type StreamState = "connecting" | "open" | "interrupted";

export const FIRST_DELAY_MS = 1_000;
export const LONGEST_DELAY_MS = 30_000;

/** How long to wait before the next attempt: doubled each time, with up to a quarter at random. */
export function reconnectDelay(attempt: number, random: number): number {
  return Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt) * (1 + random / 4);
}

export interface StreamHandlers {
  /** By the name of the event; its data as it was sent. */
  onEvent: (name: string, data: string, id: string) => void;
  onState: (state: StreamState) => void;
}

/** Opens a stream; returns what closes it. `address` receives the id of the last event. */
export function openStream(
  address: (lastId: string) => string,
  names: readonly string[],
  handlers: StreamHandlers,
): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let attempts = 0;
  let lastId = "";
  const open = () => {
    handlers.onState(attempts === 0 ? "connecting" : "interrupted");
    source = new EventSource(address(lastId));
    source.onopen = () => { attempts = 0; handlers.onState("open"); };
    source.onerror = () => {
      handlers.onState("interrupted");
      if (source?.readyState !== EventSource.CLOSED) return;
      timer = setTimeout(open, reconnectDelay(attempts++, Math.random()));
    };
    for (const name of names) {
      source.addEventListener(name, (event: MessageEvent<string>) => {
        lastId = event.lastEventId || lastId;
        handlers.onEvent(name, event.data, event.lastEventId);
      });
    }
  };
  open();
  return () => { clearTimeout(timer); source?.close(); };
}

/** The stream of an address while a component is shown; undefined opens none. */
export function useStream(
  address: string | undefined,
  names: readonly string[],
  onEvent: (name: string, data: string) => void,
): StreamState {
  const [state, setState] = useState<StreamState>("connecting");
  const handler = useRef(onEvent);
  handler.current = onEvent;
  const joined = names.join(" ");
  useEffect(() => {
    if (address === undefined) return undefined;
    const at = (lastId: string) => (lastId ? `${address}${address.includes("?") ? "&" : "?"}last_id=${lastId}` : address);
    return openStream(at, joined.split(" "), { onState: setState, onEvent: (name, data) => handler.current(name, data) });
  }, [address, joined]);
  return state;
}
