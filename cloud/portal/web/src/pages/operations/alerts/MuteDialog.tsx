import { useState } from "react";
import { useChange } from "../../../api/client";
import { Button, Dialog, ProblemNotice, Segments, Select, TextField } from "../../../design";
import { common } from "../../../text/en";
import { alerts as t } from "../../../text/en/operations/alerts";
import { describePlace, nameKind, type Alert } from "./alert-words";
import { listScopes, toMute, type MuteScope } from "./mute-request";

const SCOPES: Record<MuteScope, string> = { kind: t.muteKind, device: t.muteDevice, location: t.muteLocation };
const LENGTHS = Object.entries(t.muteLengths).map(([value, label]) => ({ value, label }));

/** Mutes alerts like this one, with an end and a reason. */
export function MuteDialog({ alert, onClose }: { alert: Alert; onClose: () => void }) {
  const [scope, setScope] = useState<MuteScope>("kind");
  const [hours, setHours] = useState("4");
  const [reason, setReason] = useState("");
  const mute = useChange("post", "/api/alert-mutes", { invalidates: ["/api/alerts", "/api/alert-mutes"], onSuccess: onClose });
  const send = () => mute.mutate({ body: toMute(alert, scope, Number(hours), reason, Date.now()) });
  const actions = (
    <>
      <Button onPress={onClose}>{common.cancel}</Button>
      <Button variant="primary" isPending={mute.isPending} isDisabled={reason.trim() === ""} onPress={send}>{t.mute}</Button>
    </>
  );
  return (
    <Dialog title={t.muteTitle} isOpen onClose={onClose} actions={actions}>
      <p>{nameKind(alert.kind)}, {describePlace(alert)}</p>
      <p className="quiet">{t.muteLead}</p>
      <div className="row"><Segments label={t.muteWhat} choices={listScopes(alert).map((value) => ({ value, label: SCOPES[value] }))} value={scope} onChange={setScope} /></div>
      <Select label={t.muteFor} choices={LENGTHS} value={hours} onChange={setHours} />
      <TextField label={t.muteReason} value={reason} onChange={setReason} maxLength={500} />
      <ProblemNotice error={mute.error} />
    </Dialog>
  );
}
