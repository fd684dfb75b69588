import { useState } from "react";
import { useChange, type Schema } from "../../api/client";
import { toTimeSlot } from "../../basket/basket";
import { Button, DateField, Dialog, NumberField, ProblemNotice, Select, TextField } from "../../design";
import { instantText } from "../../format/time";
import { usePlaces } from "../../places/use-places";
import { common } from "../../text/en";
import { orders as t } from "../../text/en/orders";

type Line = Schema<"OrderLineResponse">;

const SHORTEST_REASON = 3;

/** Asks for fewer or more positions, or an earlier end. Added positions get the present price. */
export function ChangeDialog({ order, onClose }: { order: Schema<"OrderDetail">; onClose: () => void }) {
  const lines = order.lines.filter((line) => line.actions.includes("request-change"));
  const [lineId, setLineId] = useState(lines[0]?.id ?? "");
  const line = lines.find((one) => one.id === lineId);
  const [positions, setPositions] = useState<number>(line?.positions ?? 1);
  const [end, setEnd] = useState("");
  const [reason, setReason] = useState("");
  const choose = (id: string) => { setLineId(id); setPositions(lines.find((one) => one.id === id)?.positions ?? 1); };
  const { send, isPending, error } = useSendChange(order.id, onClose);
  const isChanged = line !== undefined && (positions !== line.positions || end !== "") && reason.trim().length >= SHORTEST_REASON;
  const actions = (
    <>
      <Button onPress={onClose}>{common.cancel}</Button>
      <Button variant="primary" isDisabled={!isChanged} isPending={isPending} onPress={() => line && send(line, positions, end, reason.trim())}>{t.sendChange}</Button>
    </>
  );
  return (
    <Dialog title={t.changeTitle} isOpen onClose={onClose} actions={actions}>
      <p>{t.changeDetail}</p>
      <Select label={t.changeLine} choices={useLineChoices(lines)} value={lineId} onChange={choose} />
      <NumberField label={t.changePositions} minValue={1} maxValue={3_600} value={positions} onChange={setPositions} />
      <DateField label={t.changeEnds} kind="datetime-local" value={end} onChange={setEnd} />
      <TextField label={t.changeReason} isRequired maxLength={200} value={reason} onChange={setReason} />
      <ProblemNotice error={error} />
    </Dialog>
  );
}

function useLineChoices(lines: readonly Line[]) {
  const places = usePlaces();
  return lines.map((line) => ({ value: line.id, label: `${places.name(line.location)}, ${instantText(line.starts_at, places.zone(line.location))}` }));
}

function useSendChange(order: string, onDone: () => void) {
  const quote = useChange("post", "/api/quotes");
  const change = useChange("post", "/api/orders/{order}/changes", { invalidates: ["/api/orders/{order}", "/api/orders/{order}/changes"], onSuccess: onDone });
  const ask = (line: Line, positions: number, end: string, reason: string, locked: string | null) => change.mutate({
    params: { path: { order } },
    body: {
      line: line.id, reason, quote: locked,
      positions: positions === line.positions ? null : positions,
      ends_at: end === "" ? null : new Date(end).toISOString(),
    },
  });
  const send = (line: Line, positions: number, end: string, reason: string) => {
    const slots = listAdded(line, positions, end);
    if (slots.length === 0) return ask(line, positions, end, reason, null);
    return quote.mutate({ body: { slots, delivery: line.delivery } as unknown as Schema<"SelectionRequest"> }, { onSuccess: (made) => ask(line, positions, end, reason, made.id) });
  };
  return { send, isPending: quote.isPending || change.isPending, error: quote.error ?? change.error };
}

const HOUR_MS = 3_600_000;

/** The positions that a change adds: they need a quote at the present price. */
function listAdded(line: Line, positions: number, end: string) {
  const added = positions - line.positions;
  if (added <= 0) return [];
  const until = end === "" ? Infinity : new Date(end).getTime();
  return line.hours
    .flatMap((run) => Array.from({ length: run.hours }, (_, number) => Date.parse(run.starts_at) + number * HOUR_MS))
    .filter((at) => at < until)
    .map((at) => ({ location: line.location, time_slot: toTimeSlot(at), positions: added }));
}
