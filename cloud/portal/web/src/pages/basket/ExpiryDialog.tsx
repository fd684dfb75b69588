import { useState } from "react";
import type { Schema } from "../../api/client";
import { canExtend, clockOf, phaseOf } from "../../basket/hold-time";
import { Button, Dialog, ProblemNotice } from "../../design";
import { common } from "../../text/en";
import { basket as t } from "../../text/en/basket";

export interface ExpiryDialogProps {
  hold: Schema<"HoldResponse">;
  seconds: number;
  isExtending: boolean;
  error: unknown;
  onKeep: () => void;
  onOrder: () => void;
  /** Another dialog is open, which shows the time itself. */
  isHidden: boolean;
}

/** Asks before a hold expires. It opens once for each end; an extension is a new end. */
export function ExpiryDialog({ hold, seconds, isExtending, error, onKeep, onOrder, isHidden }: ExpiryDialogProps) {
  const [closedFor, setClosedFor] = useState("");
  const isOpen = phaseOf(seconds) === "expiring" && closedFor !== hold.expires_at && !isHidden;
  const close = () => setClosedFor(hold.expires_at);
  const isExtensible = canExtend(hold);
  const actions = (
    <>
      <Button variant="plain" onPress={close}>{common.close}</Button>
      <Button variant={isExtensible ? "secondary" : "primary"} onPress={() => { close(); onOrder(); }}>{t.checkout}</Button>
      {isExtensible && <Button variant="primary" isPending={isExtending} onPress={onKeep}>{t.keep}</Button>}
    </>
  );
  return (
    <Dialog title={t.expiringTitle} role="alertdialog" isOpen={isOpen} onClose={close} actions={actions}>
      <p>{isExtensible ? t.expiringDetail(clockOf(seconds)) : t.cannotExtend}</p>
      <ProblemNotice error={error} />
    </Dialog>
  );
}
