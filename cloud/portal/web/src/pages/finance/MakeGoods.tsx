import { useState } from "react";
import { useChange, type Schema } from "../../api/client";
import { usePages } from "../../api/pages";
import { Badge, Button, Empty, Notice, Page, PagedTable, type Column, type Tone } from "../../design";
import { Missing } from "../../format/Missing";
import { minorMoney } from "../../format/money";
import { count } from "../../format/number";
import { instantText } from "../../format/time";
import { wordOf } from "../../format/words";
import { useSearchText } from "../../routing/address";
import { useMe } from "../../shell/use-session";
import { finance } from "../../text/en/finance";
import { sales } from "../../text/en/sales";
import { Chooser, toChoices } from "../sales/parts/choosers";
import { DecisionDialog } from "../sales/parts/DecisionDialog";
import { Filters } from "../sales/parts/Filters";
import { IntervalBar, IntervalKey } from "./IntervalBar";
import { ProposeMakeGoods } from "./ProposeMakeGoods";

type MakeGood = Schema<"MakeGoodDocument">;
type Decision = { makeGood: MakeGood; verb: "approve" | "reject" };
const t = finance.makeGoods;
const TONES: Record<MakeGood["status"], Tone> = { proposed: "warn", approved: "good", rejected: "neutral" };
const CHANGED = ["/api/make-goods", "/api/approvals"] as const;

export default function MakeGoods() {
  const [status, setStatus] = useSearchText("status");
  const pages = usePages("/api/make-goods", { status: (status || undefined) as MakeGood["status"] | undefined }, (page) => page.make_goods);
  const [isProposing, setProposing] = useState(false);
  const [proposed, setProposed] = useState<number | null>(null);
  const [decision, setDecision] = useState<Decision | null>(null);
  const isFinance = useMe()?.roles.some((role) => role === "finance" || role === "admin") ?? false;
  return (
    <Page title={t.title} lead={t.lead} actions={<Button variant="primary" onPress={() => setProposing(true)}>{t.propose}</Button>}>
      <Filters><Chooser label={sales.shared.state} choices={toChoices(t.states)} value={status} onChange={setStatus} all={sales.shared.everyState} /></Filters>
      {proposed !== null && <Notice tone="good" isAnnounced>{proposed === 0 ? t.noneFound : t.found(proposed)}</Notice>}
      <IntervalKey range={t.keyRange} point={t.keyPoint} mark={t.keyMark} />
      <PagedTable pages={pages} empty={<Empty title={t.none}>{t.noneDetail}</Empty>} caption={t.title} columns={listColumns(isFinance ? setDecision : null)} rowKey={(one) => one.id} />
      {isProposing && <ProposeMakeGoods onClose={() => setProposing(false)} onProposed={(n) => { setProposing(false); setProposed(n); }} />}
      {decision !== null && <Decide key={`${decision.makeGood.id} ${decision.verb}`} {...decision} onClose={() => setDecision(null)} />}
    </Page>
  );
}

function Decide({ makeGood, verb, onClose }: Decision & { onClose: () => void }) {
  const options = { invalidates: CHANGED, onSuccess: onClose };
  const approve = useChange("post", "/api/make-goods/{make_good}/approve", options);
  const reject = useChange("post", "/api/make-goods/{make_good}/reject", options);
  const change = verb === "approve" ? approve : reject;
  const send = (decision: string) => change.mutate({ params: { path: { make_good: makeGood.id } }, body: { decision } });
  return (
    <DecisionDialog title={t[verb]} confirm={t[verb]} variant={verb === "approve" ? "primary" : "danger"} error={change.error} isPending={change.isPending} onConfirm={send} onClose={onClose}>
      <p>{makeGood.reason}</p>
      <DeliveryBar makeGood={makeGood} />
      <p className="quiet">{verb === "approve" ? t.approveText : t.rejectText}</p>
    </DecisionDialog>
  );
}

function DeliveryBar({ makeGood }: { makeGood: MakeGood }) {
  const { booked, delivered, delivered_low: low, delivered_high: high, metric } = makeGood;
  const label = t.deliveryText(count(low), count(delivered), count(high), count(booked), wordOf(t.metrics, metric));
  return (
    <>
      <IntervalBar low={low} value={delivered} high={high} mark={booked} from={0} to={Math.max(booked, high) * 1.05} label={label} />
      <span className="quiet" aria-hidden="true">{label}</span>
    </>
  );
}

function listColumns(decide: ((decision: Decision) => void) | null): readonly Column<MakeGood>[] {
  return [
    { id: "line", title: t.line, cell: (one) => <span className="mono">{one.line_id}</span>, value: (one) => one.line_id, isHeader: true },
    { id: "account", title: sales.shared.account, cell: (one) => one.account, value: (one) => one.account },
    { id: "status", title: sales.shared.state, cell: (one) => <Badge tone={TONES[one.status]}>{t.states[one.status]}</Badge>, value: (one) => t.states[one.status] },
    { id: "delivery", title: t.delivery, cell: (one) => <DeliveryBar makeGood={one} />, value: (one) => one.delivered / Math.max(1, one.booked) },
    { id: "credit", title: t.credit, cell: (one) => (one.remedy === "line" ? <Missing reason={t.newLine} /> : minorMoney(one.credit_minor, one.currency)), value: (one) => one.credit_minor, isNumber: true },
    { id: "remedy", title: t.remedy, cell: (one) => t.remedies[one.remedy], value: (one) => t.remedies[one.remedy] },
    { id: "proposed", title: t.proposed, cell: (one) => instantText(one.proposed_at), value: (one) => one.proposed_at },
    { id: "decided", title: t.decided, cell: (one) => <Decided makeGood={one} decide={decide} />, value: (one) => one.decided_at },
  ];
}

function Decided({ makeGood, decide }: { makeGood: MakeGood; decide: ((decision: Decision) => void) | null }) {
  if (makeGood.decided_at !== null) return <>{instantText(makeGood.decided_at)}<div className="quiet">{makeGood.decision}</div></>;
  if (decide === null) return <Missing />;
  return (
    <span className="row">
      <Button isSmall onPress={() => decide({ makeGood, verb: "approve" })}>{t.approve}</Button>
      <Button isSmall variant="danger" onPress={() => decide({ makeGood, verb: "reject" })}>{t.reject}</Button>
    </span>
  );
}
