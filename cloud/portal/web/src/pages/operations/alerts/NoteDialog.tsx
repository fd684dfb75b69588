import { useState } from "react";
import { useChange } from "../../../api/client";
import { Button, Dialog, ProblemNotice, TextField } from "../../../design";
import { common } from "../../../text/en";
import { alerts as t } from "../../../text/en/operations/alerts";
import { describePlace, nameKind, type Alert } from "./alert-words";

const CHANGED = ["/api/alerts", "/api/alerts/{alert}"] as const;

export interface NoteDialogProps {
  alert: Alert;
  action: "acknowledge" | "close";
  onClose: () => void;
}

/** Acknowledges an alert with a note, or closes it with a reason. */
export function NoteDialog({ alert, action, onClose }: NoteDialogProps) {
  const [note, setNote] = useState("");
  const acknowledge = useChange("post", "/api/alerts/{alert}/acknowledge", { invalidates: CHANGED, onSuccess: onClose });
  const close = useChange("post", "/api/alerts/{alert}/close", { invalidates: CHANGED, onSuccess: onClose });
  const params = { path: { alert: alert.id } };
  const isClosing = action === "close";
  const send = () => (isClosing ? close.mutate({ params, body: { reason: note } }) : acknowledge.mutate({ params, body: { note } }));
  const actions = (
    <>
      <Button onPress={onClose}>{common.cancel}</Button>
      <Button variant="primary" isPending={acknowledge.isPending || close.isPending} isDisabled={isClosing && note.trim() === ""} onPress={send}>{isClosing ? t.close : t.acknowledge}</Button>
    </>
  );
  return (
    <Dialog title={isClosing ? t.close : t.acknowledge} isOpen onClose={onClose} actions={actions}>
      <p>{nameKind(alert.kind)}, {describePlace(alert)}</p>
      <TextField label={isClosing ? t.reason : t.note} description={isClosing ? t.closeHint : t.noteHint} value={note} onChange={setNote} maxLength={500} autoFocus />
      <ProblemNotice error={acknowledge.error ?? close.error} />
    </Dialog>
  );
}
