import { useState } from "react";
import type { Schema } from "../../api/client";
import { usePages } from "../../api/pages";
import { Badge, Button, Empty, Page, PagedTable, type Column, type Tone } from "../../design";
import { minorMoney } from "../../format/money";
import { count } from "../../format/number";
import { instantText } from "../../format/time";
import { useSearchText } from "../../routing/address";
import { useMe } from "../../shell/use-session";
import { sales } from "../../text/en/sales";
import { AccountChooser, Chooser, toChoices } from "./parts/choosers";
import { Filters } from "./parts/Filters";
import { ProposalDialog } from "./ProposalDialog";
import { ProposalForm } from "./ProposalForm";

export type Proposal = Schema<"ProposalSummary">;
const t = sales.proposals;
const TONES: Record<Proposal["state"], Tone> = { offered: "info", accepted: "good", declined: "bad", withdrawn: "neutral", expired: "warn" };

/** Staff offer and withdraw; buyers accept and decline. */
export default function Proposals() {
  const [account, setAccount] = useSearchText("account");
  const [state, setState] = useSearchText("state");
  const [chosen, setChosen] = useSearchText("proposal");
  const [isOffering, setOffering] = useState(false);
  const isSales = useMe()?.roles.some((role) => role === "sales" || role === "admin") ?? false;
  const pages = usePages("/api/proposals", { account: account || undefined, state: (state || undefined) as Proposal["state"] | undefined }, (page) => page.proposals);
  const actions = isSales ? <Button variant="primary" onPress={() => setOffering(true)}>{t.create}</Button> : undefined;
  return (
    <Page title={t.title} lead={t.lead} actions={actions}>
      <Filters>
        <AccountChooser value={account} onChange={setAccount} all={sales.shared.everyAccount} />
        <Chooser label={sales.shared.state} choices={toChoices(t.states)} value={state} onChange={setState} all={sales.shared.everyState} />
      </Filters>
      <PagedTable pages={pages} empty={<Empty title={t.none}>{t.noneDetail}</Empty>} caption={t.title} columns={listColumns((one) => setChosen(one.id))} rowKey={(one) => one.id} />
      {isOffering && <ProposalForm initialAccount={account} onClose={() => setOffering(false)} onOffered={(id) => { setOffering(false); setChosen(id); }} />}
      {chosen !== "" && <ProposalDialog key={chosen} id={chosen} onClose={() => setChosen("")} />}
    </Page>
  );
}

export function ProposalState({ state }: { state: Proposal["state"] }) {
  return <Badge tone={TONES[state]}>{t.states[state]}</Badge>;
}

function listColumns(open: (proposal: Proposal) => void): readonly Column<Proposal>[] {
  return [
    { id: "name", title: t.name, cell: (one) => one.name, value: (one) => one.name, isHeader: true },
    { id: "account", title: sales.shared.account, cell: (one) => one.account, value: (one) => one.account },
    { id: "state", title: sales.shared.state, cell: (one) => <ProposalState state={one.state} />, value: (one) => t.states[one.state] },
    { id: "total", title: t.total, cell: (one) => minorMoney(one.total_minor, one.currency), value: (one) => one.total_minor, isNumber: true },
    { id: "slots", title: t.slots, cell: (one) => count(one.slot_count), value: (one) => one.slot_count, isNumber: true },
    { id: "offered", title: t.offeredAt, cell: (one) => instantText(one.offered_at), value: (one) => one.offered_at },
    { id: "until", title: t.validUntil, cell: (one) => instantText(one.valid_until), value: (one) => one.valid_until },
    { id: "open", title: t.details, cell: (one) => <Button isSmall onPress={() => open(one)}>{t.details}</Button> },
  ];
}
