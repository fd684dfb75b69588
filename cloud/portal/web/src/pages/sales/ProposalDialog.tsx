import { useState, type ReactNode } from "react";
import { useChange, useGet, type Schema } from "../../api/client";
import { Button, DataView, Dialog, Facts, LinkButton, NotObserved, Table, type Column } from "../../design";
import { minorMoney } from "../../format/money";
import { count } from "../../format/number";
import { instantText } from "../../format/time";
import { useMe } from "../../shell/use-session";
import { common } from "../../text/en";
import { sales } from "../../text/en/sales";
import { ProposalState } from "./Proposals";
import { DecisionDialog } from "./parts/DecisionDialog";

type Detail = Schema<"ProposalDetail">;
type ProposedScreen = Schema<"ProposedScreen">;
type Verb = "accept" | "decline" | "withdraw";
const t = sales.proposals;
const CHANGED = ["/api/proposals", "/api/proposals/{proposal}", "/api/orders"] as const;

/** One proposal with its screens, and what the caller may do with it. */
export function ProposalDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const query = useGet("/api/proposals/{proposal}", { params: { path: { proposal: id } } });
  const [verb, setVerb] = useState<Verb | null>(null);
  const actions = query.data === undefined ? undefined : <Actions proposal={query.data} choose={setVerb} onClose={onClose} />;
  return (
    <>
      <Dialog title={query.data?.name ?? t.title} isOpen onClose={onClose} isWide actions={actions}>
        <DataView query={query}>{(data) => <Content proposal={data} />}</DataView>
      </Dialog>
      {verb !== null && query.data !== undefined && <Decide key={verb} proposal={query.data} verb={verb} onClose={() => setVerb(null)} />}
    </>
  );
}

function Content({ proposal }: { proposal: Detail }) {
  const facts: [string, ReactNode][] = [
    [sales.shared.account, proposal.account],
    [sales.shared.state, <ProposalState key="state" state={proposal.state} />],
    [t.total, minorMoney(proposal.total_minor, proposal.currency)],
    [t.validUntil, instantText(proposal.valid_until)],
  ];
  if (proposal.note !== null) facts.push([t.note, proposal.note]);
  if (proposal.offered_by !== null) facts.push([t.offeredBy, proposal.offered_by]);
  if (proposal.reason !== null) facts.push([t.reason, proposal.reason]);
  return (
    <>
      <Facts rows={facts} />
      {proposal.screens === null ? <NotObserved title={common.noData} /> : <Table caption={t.screens} columns={listColumns(proposal.currency)} rows={proposal.screens} rowKey={(one) => one.location} />}
    </>
  );
}

function Actions({ proposal, choose, onClose }: { proposal: Detail; choose: (verb: Verb) => void; onClose: () => void }) {
  const roles = useMe()?.roles ?? [];
  const isBuyer = roles.includes("advertiser") || roles.includes("agency");
  const isSales = roles.includes("sales") || roles.includes("admin");
  const isOffered = proposal.state === "offered";
  return (
    <>
      <Button onPress={onClose}>{common.close}</Button>
      {isOffered && isSales && <Button variant="danger" onPress={() => choose("withdraw")}>{t.withdraw}</Button>}
      {isOffered && isBuyer && <Button variant="danger" onPress={() => choose("decline")}>{t.decline}</Button>}
      {isOffered && isBuyer && <Button variant="primary" onPress={() => choose("accept")}>{t.accept}</Button>}
      {proposal.order !== null && <LinkButton variant="primary" to={`/orders/${proposal.order}`}>{t.openOrder}</LinkButton>}
    </>
  );
}

function Decide({ proposal, verb, onClose }: { proposal: Detail; verb: Verb; onClose: () => void }) {
  const options = { invalidates: CHANGED, onSuccess: onClose };
  const accept = useChange("post", "/api/proposals/{proposal}/accept", options);
  const decline = useChange("post", "/api/proposals/{proposal}/decline", options);
  const withdraw = useChange("post", "/api/proposals/{proposal}/withdraw", options);
  const change = { accept, decline, withdraw }[verb];
  const params = { path: { proposal: proposal.id } };
  const send = (reason: string) => (verb === "accept" ? accept.mutate({ params }) : { decline, withdraw }[verb].mutate({ params, body: { reason } }));
  const texts = { accept: t.acceptText(minorMoney(proposal.total_minor, proposal.currency)), decline: t.declineText, withdraw: t.withdrawText };
  return (
    <DecisionDialog
      title={t[verb]} confirm={t[verb]} variant={verb === "accept" ? "primary" : "danger"} needsReason={verb !== "accept"}
      error={change.error} isPending={change.isPending} onConfirm={send} onClose={onClose}
    >
      <p>{texts[verb]}</p>
    </DecisionDialog>
  );
}

function listColumns(currency: string): readonly Column<ProposedScreen>[] {
  return [
    { id: "location", title: sales.shared.location, cell: (one) => one.location, value: (one) => one.location, isHeader: true },
    { id: "slots", title: t.slots, cell: (one) => count(one.slots), value: (one) => one.slots, isNumber: true },
    { id: "positions", title: t.positions, cell: (one) => count(one.positions), value: (one) => one.positions, isNumber: true },
    { id: "first", title: t.firstAt, cell: (one) => instantText(one.first_at), value: (one) => one.first_at },
    { id: "last", title: t.lastAt, cell: (one) => instantText(one.last_at), value: (one) => one.last_at },
    { id: "total", title: t.total, cell: (one) => minorMoney(one.total_minor, currency), value: (one) => one.total_minor, isNumber: true },
  ];
}
