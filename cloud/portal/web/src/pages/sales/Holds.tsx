import { useState, type ReactNode } from "react";
import { useChange, type Schema } from "../../api/client";
import { usePages } from "../../api/pages";
import { Badge, Button, Checkbox, Empty, Page, PagedTable, ProblemNotice, type Column, type Tone } from "../../design";
import { Missing } from "../../format/Missing";
import { count } from "../../format/number";
import { instantText } from "../../format/time";
import { useSearchText } from "../../routing/address";
import { inventory } from "../../text/en/inventory";
import { sales } from "../../text/en/sales";
import { AccountChooser } from "./parts/choosers";
import { DecisionDialog } from "./parts/DecisionDialog";
import { Filters } from "./parts/Filters";

type Hold = Schema<"HoldSummary">;
const t = sales.holds;
const TONES: Record<Hold["state"], Tone> = { held: "info", booked: "good", released: "neutral", expired: "warn", displaced: "bad" };
const CHANGED = ["/api/holds"] as const;

export default function Holds() {
  const [account, setAccount] = useSearchText("account");
  const [open, setOpen] = useSearchText("open", "yes");
  const isOpenOnly = open === "yes";
  const pages = usePages("/api/holds", { account: account || undefined, open: isOpenOnly }, (page) => page.holds);
  const [released, setReleased] = useState<Hold | null>(null);
  const extend = useChange("post", "/api/holds/{hold}/extend", { invalidates: CHANGED });
  const columns = listColumns((hold) => (
    <span className="row">
      <Button isSmall onPress={() => extend.mutate({ params: { path: { hold: hold.id } } })}>{t.extend}</Button>
      <Button isSmall variant="danger" onPress={() => setReleased(hold)}>{t.release}</Button>
    </span>
  ));
  return (
    <Page title={t.title} lead={t.lead}>
      <Filters>
        <AccountChooser value={account} onChange={setAccount} all={sales.shared.everyAccount} />
        <Checkbox isSelected={isOpenOnly} onChange={(on) => setOpen(on ? "yes" : "no")}>{t.open}</Checkbox>
      </Filters>
      <ProblemNotice error={extend.error} />
      <PagedTable pages={pages} empty={<Empty title={t.none}>{t.noneDetail}</Empty>} caption={t.title} columns={columns} rowKey={(one) => one.id} initialSorting={{ column: "expires" }} />
      {released !== null && <Release key={released.id} hold={released} onClose={() => setReleased(null)} />}
    </Page>
  );
}

function Release({ hold, onClose }: { hold: Hold; onClose: () => void }) {
  const release = useChange("delete", "/api/holds/{hold}", { invalidates: CHANGED, onSuccess: onClose });
  return (
    <DecisionDialog
      title={t.release} confirm={t.release} variant="danger" needsReason={false} error={release.error} isPending={release.isPending} onClose={onClose}
      onConfirm={() => release.mutate({ params: { path: { hold: hold.id } } })}
    >
      <p>{t.releaseText(hold.account, hold.slot_count)}</p>
    </DecisionDialog>
  );
}

function listColumns(actions: (hold: Hold) => ReactNode): readonly Column<Hold>[] {
  return [
    { id: "account", title: sales.shared.account, cell: (one) => one.account, value: (one) => one.account, isHeader: true },
    { id: "state", title: sales.shared.state, cell: (one) => <Badge tone={TONES[one.state]}>{t.states[one.state]}</Badge>, value: (one) => t.states[one.state] },
    { id: "slots", title: t.slots, cell: (one) => count(one.slot_count), value: (one) => one.slot_count, isNumber: true },
    { id: "delivery", title: t.delivery, cell: (one) => inventory.deliveries[one.delivery], value: (one) => inventory.deliveries[one.delivery] },
    { id: "price", title: t.price, cell: (one) => (one.quote === null ? <Missing reason={t.notLocked} /> : t.locked), value: (one) => one.quote },
    { id: "created", title: t.created, cell: (one) => instantText(one.created_at), value: (one) => one.created_at },
    { id: "expires", title: t.expires, cell: (one) => instantText(one.ended_at ?? one.expires_at), value: (one) => one.ended_at ?? one.expires_at },
    { id: "extensions", title: t.extensions, cell: (one) => count(one.extensions), value: (one) => one.extensions, isNumber: true },
    { id: "actions", title: "", cell: (one) => (one.state === "held" ? actions(one) : null) },
  ];
}
