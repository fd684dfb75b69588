import { useState } from "react";
import { useChange, type Schema } from "../../../api/client";
import { Button, Dialog, Link, Notice, ProblemNotice, TextField } from "../../../design";
import { common } from "../../../text/en";
import { job as t } from "../../../text/en/operations/jobs";
import type { Job } from "./job-words";

/** Stops a job and restores the old model, after a question. */
export function RollBack({ job }: { job: Job }) {
  const [isOpen, setOpen] = useState(false);
  const [to, setTo] = useState("");
  const replaces = typeof job.document["replaces"] === "string" ? job.document["replaces"] : null;
  const rollBack = useChange("post", "/api/fleet/jobs/{job}/roll-back", { invalidates: ["/api/fleet/jobs/{job}", "/api/fleet/jobs/{job}/devices", "/api/fleet/jobs"] });
  const send = () => rollBack.mutate({ params: { path: { job: job.job } }, body: { to: to || null } });
  const close = () => { setOpen(false); rollBack.reset(); };
  const result = rollBack.data;
  const actions = result === undefined
    ? <><Button onPress={close}>{common.cancel}</Button><Button variant="danger" isPending={rollBack.isPending} isDisabled={replaces === null && to === ""} onPress={send}>{t.rollBack}</Button></>
    : <Button variant="primary" onPress={close}>{common.close}</Button>;
  return (
    <>
      <Button variant="danger" onPress={() => setOpen(true)}>{t.rollBack}</Button>
      <Dialog title={t.rollBackTitle} isOpen={isOpen} onClose={close} actions={actions} role="alertdialog">
        {result === undefined && <p>{replaces === null ? t.rollBackUnknown : t.rollBackText(replaces)}</p>}
        {result === undefined && <TextField label={t.rollBackTo} placeholder={replaces ?? undefined} value={to} onChange={setTo} maxLength={129} />}
        <ProblemNotice error={rollBack.error} />
        {result !== undefined && <Outcome result={result} onClose={close} />}
      </Dialog>
    </>
  );
}

function Outcome({ result, onClose }: { result: Schema<"RollbackAnswer">; onClose: () => void }) {
  return (
    <Notice tone="good" title={t.rolledBack} isAnnounced>
      <p>{t.rolledBackText(result.devices, result.not_started, result.failed)}</p>
      {result.job !== null && <Link to={`/operations/jobs/${result.job}`} onClick={onClose}>{t.rollBackJob}</Link>}
    </Notice>
  );
}
