import { useState } from "react";
import { useChange, type Schema } from "../../api/client";
import { followOffset, usePages } from "../../api/pages";
import { Badge, Button, Empty, Page, PagedTable, type Column, type Tone } from "../../design";
import { Missing } from "../../format/Missing";
import { minorMoney } from "../../format/money";
import { instantText } from "../../format/time";
import { useSearchText } from "../../routing/address";
import { sales } from "../../text/en/sales";
import { DealForm } from "./DealForm";
import { AccountChooser } from "./parts/choosers";
import { DecisionDialog } from "./parts/DecisionDialog";
import { Filters } from "./parts/Filters";

type Deal = Schema<"DealDocument">;
type State = "running" | "coming" | "ended" | "closed";
const t = sales.deals;
const TONES: Record<State, Tone> = { running: "good", coming: "info", ended: "neutral", closed: "neutral" };

const listDeals = (page: Schema<"DealsPage">) => page.deals;

export default function Deals() {
  const [account, setAccount] = useSearchText("account");
  const pages = usePages("/api/openrtb/deals", { account: account || undefined }, listDeals, { nextOf: followOffset(listDeals) });
  const [isCreating, setCreating] = useState(false);
  const [closed, setClosed] = useState<Deal | null>(null);
  return (
    <Page title={t.title} lead={t.lead} actions={<Button variant="primary" onPress={() => setCreating(true)}>{t.create}</Button>}>
      <Filters><AccountChooser value={account} onChange={setAccount} all={sales.shared.everyAccount} /></Filters>
      <PagedTable pages={pages} empty={<Empty title={t.none}>{t.noneDetail}</Empty>} caption={t.title} columns={listColumns(setClosed)} rowKey={(one) => one.id} />
      {isCreating && <DealForm onClose={() => setCreating(false)} />}
      {closed !== null && <CloseDeal key={closed.id} deal={closed} onClose={() => setClosed(null)} />}
    </Page>
  );
}

function CloseDeal({ deal, onClose }: { deal: Deal; onClose: () => void }) {
  const close = useChange("post", "/api/openrtb/deals/{deal}/close", { invalidates: ["/api/openrtb/deals"], onSuccess: onClose });
  return (
    <DecisionDialog
      title={t.close} confirm={t.close} variant="danger" needsReason={false} error={close.error} isPending={close.isPending} onClose={onClose}
      onConfirm={() => close.mutate({ params: { path: { deal: deal.id } } })}
    >
      <p>{deal.name}. {t.closeText}</p>
    </DecisionDialog>
  );
}

export function dealState(deal: Pick<Deal, "closed_at" | "starts_at" | "ends_at">, now: number): State {
  if (deal.closed_at !== null) return "closed";
  if (now < Date.parse(deal.starts_at)) return "coming";
  return now < Date.parse(deal.ends_at) ? "running" : "ended";
}

function listColumns(close: (deal: Deal) => void): readonly Column<Deal>[] {
  const stateOf = (deal: Deal) => dealState(deal, Date.now());
  return [
    { id: "name", title: t.name, cell: (one) => one.name, value: (one) => one.name, isHeader: true },
    { id: "account", title: sales.shared.account, cell: (one) => one.account, value: (one) => one.account },
    { id: "state", title: t.state, cell: (one) => <Badge tone={TONES[stateOf(one)]}>{t[stateOf(one)]}</Badge>, value: stateOf },
    { id: "auction", title: t.auction, cell: (one) => t.auctions[one.auction], value: (one) => one.auction },
    { id: "floor", title: t.floor, cell: (one) => (one.floor_minor === null ? <Missing reason={t.floorNote} /> : minorMoney(one.floor_minor, one.currency)), value: (one) => one.floor_minor, isNumber: true },
    { id: "locations", title: t.locations, cell: (one) => (one.locations.length === 0 ? t.allLocations : one.locations.join(", ")), value: (one) => one.locations.join(", ") },
    { id: "url", title: t.url, cell: (one) => one.bidder ?? <Missing />, value: (one) => one.bidder },
    { id: "starts", title: t.starts, cell: (one) => instantText(one.starts_at), value: (one) => one.starts_at },
    { id: "ends", title: t.ends, cell: (one) => instantText(one.ends_at), value: (one) => one.ends_at },
    { id: "close", title: t.close, cell: (one) => (one.closed_at === null ? <Button isSmall variant="danger" onPress={() => close(one)}>{t.close}</Button> : null) },
  ];
}
