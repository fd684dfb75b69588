import { useState } from "react";
import { useChange, useGet, type Schema } from "../../api/client";
import { Badge, Button, DataView, Empty, Page, Table, type Column } from "../../design";
import { Missing } from "../../format/Missing";
import { minorMoney } from "../../format/money";
import { instantText } from "../../format/time";
import { useSearchText } from "../../routing/address";
import { sales } from "../../text/en/sales";
import { OverrideForm } from "./OverrideForm";
import { LocationChooser } from "./parts/choosers";
import { DecisionDialog } from "./parts/DecisionDialog";
import { Filters } from "./parts/Filters";
import { localHour, useScreens, type Screens } from "./parts/screens";

type Override = Schema<"OverrideResponse">;
const t = sales.overrides;
export const CHANGED = ["/api/pricing/overrides", "/api/pricing/slot/{location}/{time_slot}"] as const;

export default function Overrides() {
  const [location, setLocation] = useSearchText("location");
  const query = useGet("/api/pricing/overrides", { params: { query: { location: location || undefined } } });
  const screens = useScreens();
  const [isSetting, setSetting] = useState(false);
  const [withdrawn, setWithdrawn] = useState<Override | null>(null);
  return (
    <Page title={t.title} lead={t.lead} actions={<Button variant="primary" onPress={() => setSetting(true)}>{t.create}</Button>}>
      <Filters><LocationChooser value={location} onChange={setLocation} all={sales.shared.everyLocation} /></Filters>
      <DataView query={query} isEmpty={(data) => data.overrides.length === 0} empty={<Empty title={t.none}>{t.noneDetail}</Empty>}>
        {(data) => <Table caption={t.title} columns={listColumns(screens, setWithdrawn)} rows={data.overrides} rowKey={(one) => String(one.number)} initialSorting={{ column: "slot" }} />}
      </DataView>
      {isSetting && <OverrideForm initialLocation={location} onClose={() => setSetting(false)} />}
      {withdrawn !== null && <Withdraw key={withdrawn.number} override={withdrawn} screens={screens} onClose={() => setWithdrawn(null)} />}
    </Page>
  );
}

function Withdraw({ override, screens, onClose }: { override: Override; screens: Screens; onClose: () => void }) {
  const withdraw = useChange("delete", "/api/pricing/override/{location}/{time_slot}", { invalidates: CHANGED, onSuccess: onClose });
  const path = { location: override.location, time_slot: override.starts_at };
  const send = () => withdraw.mutate({ params: { path, query: { account: override.account ?? undefined } } });
  return (
    <DecisionDialog title={t.withdraw} confirm={t.withdraw} variant="danger" needsReason={false} error={withdraw.error} isPending={withdraw.isPending} onClose={onClose} onConfirm={send}>
      <p>{override.location}, {slotText(override, screens)}: {priceText(override, screens)}. {t.withdrawText}</p>
    </DecisionDialog>
  );
}

const slotText = (one: Override, screens: Screens) => localHour(one.starts_at, screens.get(one.location)?.timezone);

function priceText(one: Override, screens: Screens): string {
  const currency = screens.get(one.location)?.currency;
  return currency === undefined ? String(one.price_minor) : minorMoney(one.price_minor, currency);
}

function listColumns(screens: Screens, withdraw: (one: Override) => void): readonly Column<Override>[] {
  return [
    { id: "location", title: sales.shared.location, cell: (one) => one.location, value: (one) => one.location, isHeader: true },
    { id: "slot", title: t.slot, cell: (one) => slotText(one, screens), value: (one) => one.starts_at },
    { id: "price", title: t.amount, cell: (one) => (one.price === null ? <Missing /> : priceText(one, screens)), value: (one) => one.price_minor, isNumber: true },
    { id: "account", title: t.forAccount, cell: (one) => (one.account === null ? t.everybody : <Badge tone="info">{one.account}</Badge>), value: (one) => one.account },
    { id: "reason", title: t.reason, cell: (one) => one.reason, value: (one) => one.reason },
    { id: "author", title: t.author, cell: (one) => one.author, value: (one) => one.author },
    { id: "set", title: t.setAt, cell: (one) => instantText(one.set_at), value: (one) => one.set_at },
    { id: "until", title: t.until, cell: (one) => (one.until === null ? t.untilWithdrawn : instantText(one.until)), value: (one) => one.until },
    { id: "actions", title: t.withdraw, cell: (one) => <Button isSmall variant="danger" onPress={() => withdraw(one)}>{t.withdraw}</Button> },
  ];
}
