// Names and time zones of the screens, read once for a page.

import { useMemo } from "react";
import { useGet, type Schema } from "../api/client";

type Location = Schema<"LocationResponse">;

export interface Places {
  /** The name of a screen; its id while names are not known, or for a screen that is no longer listed. */
  name: (id: string) => string;
  /** The time zone of a screen; UTC while it is not known. */
  zone: (id: string) => string;
  all: readonly Location[];
}

const MINUTE_MS = 60_000;

export function usePlaces(): Places {
  const { data } = useGet("/api/locations", undefined, { staleTime: MINUTE_MS });
  return useMemo(() => toPlaces(data?.locations ?? []), [data]);
}

function toPlaces(all: readonly Location[]): Places {
  const found = new Map(all.flatMap((one) => [one.id, ...one.formerly].map((id) => [id, one] as const)));
  return { all, name: (id) => found.get(id)?.name ?? id, zone: (id) => found.get(id)?.timezone ?? "UTC" };
}
