// Moving in a list by keys, and choosing rows.

/** The id some steps further, kept within the list; undefined for an empty list. */
export function moveBy(ids: readonly string[], id: string, steps: number): string | undefined {
  const at = ids.indexOf(id);
  return ids[Math.min(ids.length - 1, Math.max(0, at + steps))];
}

export function toggled(chosen: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(chosen);
  if (!next.delete(id)) next.add(id);
  return next;
}
