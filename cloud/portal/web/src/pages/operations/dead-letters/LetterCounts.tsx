import type { Schema } from "../../../api/client";
import { Button, Card } from "../../../design";
import { count } from "../../../format/number";
import { deadLetters as t } from "../../../text/en/operations/data";
import { nameLetterKind } from "./letter-words";

export interface LetterCountsProps {
  counts: Schema<"DeadLetterCounts">;
  onKind: (kind: string) => void;
  onDevice: (device: string) => void;
}

interface CountRow { id: string; label: string; letters: number; onPress: (() => void) | undefined }

/** Counts by kind and by camera; each is a filter. */
export function LetterCounts({ counts, onKind, onDevice }: LetterCountsProps) {
  if (counts.dead_letters === 0) return null;
  const kinds = counts.kinds.map((one): CountRow => ({ id: one.kind, label: nameLetterKind(one.kind), letters: one.dead_letters, onPress: () => onKind(one.kind) }));
  const devices = counts.devices.slice(0, 10).map(({ device, location, dead_letters }): CountRow => ({
    id: `${location} ${device}`, label: device ?? t.noDevice, letters: dead_letters, onPress: device === null ? undefined : () => onDevice(device),
  }));
  return (
    <div className="columns">
      <Card title={t.byKind}><Rows rows={kinds} /></Card>
      <Card title={t.byDevice}><Rows rows={devices} /></Card>
    </div>
  );
}

function Rows({ rows }: { rows: readonly CountRow[] }) {
  const most = Math.max(1, ...rows.map((one) => one.letters));
  return (
    <ul className="meters">
      {rows.map((one) => (
        <li key={one.id}>
          {one.onPress === undefined ? <span>{one.label}</span> : <Button isSmall variant="plain" onPress={one.onPress}>{one.label}</Button>}
          <meter min={0} max={most} value={one.letters} aria-hidden="true" />
          <span className="number">{count(one.letters)}</span>
        </li>
      ))}
    </ul>
  );
}
