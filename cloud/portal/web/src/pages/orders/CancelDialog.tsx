import { useState } from "react";
import { useChange, useGet, type Schema } from "../../api/client";
import { Button, DataView, Dialog, Notice, ProblemNotice, TextField } from "../../design";
import { minorMoney } from "../../format/money";
import { orders as t } from "../../text/en/orders";

type Cost = Schema<"CancellationResponse">;

const SHORTEST_REASON = 3;

/** States what stays due by the terms of sale before anything is cancelled. */
export function CancelDialog({ order, onClose }: { order: Schema<"OrderDetail">; onClose: () => void }) {
  const [reason, setReason] = useState("");
  const cost = useGet("/api/orders/{order}/cancellation", { params: { path: { order: order.id } } }, { staleTime: 0 });
  const cancel = useChange("post", "/api/orders/{order}/actions", { invalidates: ["/api/orders/{order}", "/api/orders/{order}/history", "/api/orders"], onSuccess: onClose });
  const send = () => cancel.mutate({
    params: { path: { order: order.id } },
    body: { action: "cancel", lines: (cost.data?.lines ?? []).map((one) => one.line), reason: reason.trim() },
  });
  const isReady = cost.data !== undefined && reason.trim().length >= SHORTEST_REASON;
  const actions = (
    <>
      <Button onPress={onClose}>{t.keepLines}</Button>
      <Button variant="danger" isDisabled={!isReady} isPending={cancel.isPending} onPress={send}>{t.cancelNow}</Button>
    </>
  );
  return (
    <Dialog title={t.cancelTitle} role="alertdialog" isOpen onClose={onClose} actions={actions}>
      <DataView query={cost}>{(found) => <CostOf cost={found} />}</DataView>
      <TextField label={t.cancelReason} isRequired maxLength={200} value={reason} onChange={setReason} />
      <ProblemNotice error={cancel.error} />
    </Dialog>
  );
}

function CostOf({ cost }: { cost: Cost }) {
  const isFree = cost.due_after_minor === 0;
  return (
    <>
      <Notice tone={isFree ? "good" : "warn"} title={isFree ? t.cancelFree : t.cancelCost(minorMoney(cost.due_after_minor, cost.currency))}>
        {t.cancelBefore(minorMoney(cost.due_before_minor, cost.currency))}
      </Notice>
      <div className="quiet">
        <p>{t.cancelTerms}:</p>
        <ul>{cost.steps.map((step) => <li key={step.notice_days}>{t.cancelStep(step.notice_days, step.percent_due)}</li>)}</ul>
        <p>{t.cancelInFlight[cost.in_flight]}</p>
      </div>
    </>
  );
}
