import { useState } from "react";
import { useChange } from "../../api/client";
import { Segments } from "../../design";
import { minorMoney } from "../../format/money";
import { sales } from "../../text/en/sales";
import type { Approval } from "./Approvals";
import { DecisionDialog } from "./parts/DecisionDialog";

const t = sales.approvals;
const CHANGED = ["/api/approvals", "/api/orders", "/api/invoices", "/api/creatives", "/api/make-goods"] as const;
type Verb = "approve" | "reject";

/** A decision is made by the route of its kind; a reason is asked for where that route records one. */
export function ApprovalDecision({ approval, onClose }: { approval: Approval; onClose: (decided: boolean) => void }) {
  const [verb, setVerb] = useState<Verb>("approve");
  const decision = useDecision(approval, () => onClose(true));
  const what = approval.amount_minor === null || approval.currency === null ? approval.title : `${approval.title} (${minorMoney(approval.amount_minor, approval.currency)})`;
  return (
    <DecisionDialog
      title={t.kinds[approval.kind]} confirm={verb === "approve" ? t.approve : t.reject} variant={verb === "approve" ? "primary" : "danger"}
      needsReason={recordsReason(approval, verb)} error={decision.error} isPending={decision.isPending} onClose={() => onClose(false)}
      onConfirm={(reason) => decision.decide(verb, reason)}
    >
      <Segments label={t.decide} isLabelHidden choices={[{ value: "approve", label: t.approve }, { value: "reject", label: t.reject }]} value={verb} onChange={setVerb} />
      <p>{verb === "approve" ? t.approveText(what, approval.account) : t.rejectText(what, approval.account)}</p>
      {approval.reason !== null && <p className="quiet">{approval.reason}</p>}
    </DecisionDialog>
  );
}

/** Credit notes have the reason of their request, and a creative is approved as it is. */
function recordsReason({ kind }: Approval, verb: Verb): boolean {
  if (kind === "credit_note") return false;
  return kind === "creative" ? verb === "reject" : true;
}

function useDecision({ id, kind, order }: Approval, onSuccess: () => void) {
  const options = { invalidates: CHANGED, onSuccess };
  const ofOrder = useChange("post", "/api/orders/{order}/actions", options);
  const ofChange = useChange("put", "/api/orders/{order}/changes/{change}", options);
  const approveNote = useChange("post", "/api/invoices/{invoice}/approve", options);
  const rejectNote = useChange("post", "/api/invoices/{invoice}/reject", options);
  const approveCreative = useChange("post", "/api/creatives/{creative}/approve", options);
  const rejectCreative = useChange("post", "/api/creatives/{creative}/reject", options);
  const approveMakeGood = useChange("post", "/api/make-goods/{make_good}/approve", options);
  const rejectMakeGood = useChange("post", "/api/make-goods/{make_good}/reject", options);
  const every = [ofOrder, ofChange, approveNote, rejectNote, approveCreative, rejectCreative, approveMakeGood, rejectMakeGood];
  const decide = (verb: Verb, reason: string) => {
    const isApproved = verb === "approve";
    if (kind === "reservation" || kind === "booking") ofOrder.mutate({ params: { path: { order: id } }, body: { action: isApproved ? "approve" : "decline", reason } });
    else if (kind === "change") ofChange.mutate({ params: { path: { order: order ?? "", change: id } }, body: { status: isApproved ? "APPROVED" : "REJECTED", reason } });
    else if (kind === "credit_note") (isApproved ? approveNote : rejectNote).mutate({ params: { path: { invoice: id } } });
    else if (kind === "creative" && isApproved) approveCreative.mutate({ params: { path: { creative: id } } });
    else if (kind === "creative") rejectCreative.mutate({ params: { path: { creative: id } }, body: { reason } });
    else (isApproved ? approveMakeGood : rejectMakeGood).mutate({ params: { path: { make_good: id } }, body: { decision: reason } });
  };
  return { decide, isPending: every.some((one) => one.isPending), error: every.find((one) => one.error !== null)?.error ?? null };
}
