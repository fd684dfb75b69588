import { useState, type ReactNode } from "react";
import { useChange, useGet, type Schema } from "../../../api/client";
import { Button, DataView, Dialog, Facts, Notice, ProblemNotice, TextField } from "../../../design";
import { count } from "../../../format/number";
import { instantWithZone } from "../../../format/time";
import { common } from "../../../text/en";
import { deadLetters as t } from "../../../text/en/operations/data";

type Detail = Schema<"DeadLetterDetail">;
const CHANGED = ["/api/dead-letters", "/api/dead-letters/counts", "/api/dead-letters/{dead_letter}"] as const;

/** One dead letter with its payload as inert text; replays or discards it. */
export function LetterDialog({ id, onClose }: { id: number; onClose: () => void }) {
  const query = useGet("/api/dead-letters/{dead_letter}", { params: { path: { dead_letter: id } } });
  return (
    <Dialog title={t.open(id)} isOpen isWide onClose={onClose}>
      <DataView query={query}>{(letter) => <Content letter={letter} onClose={onClose} />}</DataView>
    </Dialog>
  );
}

function Content({ letter, onClose }: { letter: Detail; onClose: () => void }) {
  return (
    <div className="stack">
      <Notice tone="warn" title={t.kinds[letter.kind] ?? letter.kind}>{letter.reason}</Notice>
      <Facts rows={listFacts(letter)} />
      <h3>{t.payload}</h3>
      <p className="quiet">{describeSize(letter)}</p>
      <pre className="payload" tabIndex={0}>{letter.payload}</pre>
      <LetterActions letter={letter} onClose={onClose} />
    </div>
  );
}

function LetterActions({ letter, onClose }: { letter: Detail; onClose: () => void }) {
  const [reason, setReason] = useState("");
  const path = { params: { path: { dead_letter: letter.id } } };
  const replay = useChange("post", "/api/dead-letters/{dead_letter}/replay", { invalidates: CHANGED });
  const discard = useChange("post", "/api/dead-letters/{dead_letter}/discard", { invalidates: CHANGED.slice(0, 2), onSuccess: onClose });
  const mayReplay = letter.replayed_at === null && letter.is_stored_whole;
  return (
    <>
      <ProblemNotice error={replay.error ?? discard.error} />
      {replay.data && <Notice tone={replay.data.counted ? "good" : "bad"} title={replay.data.counted ? t.outcomeCounted : t.outcomeRefused} isAnnounced>{replay.data.outcome}</Notice>}
      <TextField label={t.discardReason} description={t.discardHint} value={reason} onChange={setReason} maxLength={500} />
      <div className="actions">
        <Button onPress={onClose}>{common.close}</Button>
        <Button variant="danger" isDisabled={reason.trim() === ""} isPending={discard.isPending} onPress={() => discard.mutate({ ...path, body: { reason } })}>{t.discard}</Button>
        <Button variant="primary" isDisabled={!mayReplay} isPending={replay.isPending} onPress={() => replay.mutate(path)}>{t.replay}</Button>
      </div>
    </>
  );
}

function describeSize(letter: Detail): string {
  const cut = letter.shown_bytes < letter.payload_bytes ? t.payloadCut(count(letter.shown_bytes), count(letter.payload_bytes)) : t.bytes(count(letter.payload_bytes));
  return letter.is_stored_whole ? cut : `${cut} ${t.payloadSample}`;
}

function listFacts(letter: Detail): readonly (readonly [string, ReactNode])[] {
  const sequence = letter.first_sequence === null ? null : `${count(letter.first_sequence)}–${count(letter.last_sequence)}`;
  return [
    [t.facts.topic, <span className="mono">{letter.topic}</span>],
    [t.facts.sender, letter.device === null ? t.noDevice : `${letter.location}, ${letter.device}`],
    ...(sequence === null ? [] : [[t.facts.sequence, `${letter.stream_id}, ${sequence}`] as const]),
    [t.facts.first, instantWithZone(letter.first_received_at)],
    [t.facts.last, instantWithZone(letter.last_received_at)],
    [t.facts.times, count(letter.times)],
  ];
}
