import { useState } from "react";
import { useGet, type Schema } from "../../api/client";
import { Badge, Button, Checkbox, DataView, Empty, Link, Notice, Page, Table, type Column } from "../../design";
import { Missing } from "../../format/Missing";
import { minorMoney } from "../../format/money";
import { share } from "../../format/number";
import { instantText } from "../../format/time";
import { useSearchText } from "../../routing/address";
import { sales } from "../../text/en/sales";
import { ApprovalDecision } from "./ApprovalDecision";
import { AccountChooser, Chooser, toChoices } from "./parts/choosers";
import { Filters } from "./parts/Filters";

export type Approval = Schema<"ApprovalItem">;
const t = sales.approvals;
const BASIS_POINTS = 10_000;

export default function Approvals() {
  const [kind, setKind] = useSearchText("kind");
  const [account, setAccount] = useSearchText("account");
  const [mine, setMine] = useSearchText("mine");
  const query = useGet("/api/approvals");
  const [chosen, setChosen] = useState<Approval | null>(null);
  const [isDone, setDone] = useState(false);
  const isShown = (one: Approval) => (kind === "" || one.kind === kind) && (account === "" || one.account === account) && (mine === "" || one.can_decide);
  const close = (decided: boolean) => { setChosen(null); setDone(decided); };
  return (
    <Page title={t.title} lead={t.lead}>
      <Filters>
        <Chooser label={t.kind} choices={toChoices(t.kinds)} value={kind} onChange={setKind} all={t.everyKind} />
        <AccountChooser value={account} onChange={setAccount} all={sales.shared.everyAccount} />
        <Checkbox isSelected={mine === "yes"} onChange={(on) => setMine(on ? "yes" : "")}>{t.mine}</Checkbox>
      </Filters>
      {isDone && <Notice tone="good" isAnnounced>{t.done}</Notice>}
      <DataView query={query} isEmpty={(data) => !data.approvals.some(isShown)} empty={<Empty title={t.none}>{t.noneDetail}</Empty>}>
        {(data) => (
          <>
            <Table caption={t.title} columns={listColumns(setChosen)} rows={data.approvals.filter(isShown)} rowKey={(one) => `${one.kind} ${one.id}`} />
            {!data.is_complete && <Notice>{t.incomplete}</Notice>}
          </>
        )}
      </DataView>
      {chosen !== null && <ApprovalDecision key={chosen.id} approval={chosen} onClose={close} />}
    </Page>
  );
}

function listColumns(choose: (approval: Approval) => void): readonly Column<Approval>[] {
  return [
    { id: "kind", title: t.kind, cell: (one) => <Badge tone={one.kind === "credit_note" || one.kind === "make_good" ? "warn" : "info"}>{t.kinds[one.kind]}</Badge>, value: (one) => t.kinds[one.kind] },
    { id: "what", title: t.what, cell: (one) => <Subject approval={one} />, value: (one) => one.title, isHeader: true },
    { id: "account", title: sales.shared.account, cell: (one) => one.account, value: (one) => one.account },
    { id: "amount", title: t.amount, cell: (one) => <Amount approval={one} />, value: (one) => one.amount_minor, isNumber: true },
    { id: "by", title: t.requestedBy, cell: (one) => one.requested_by ?? <Missing />, value: (one) => one.requested_by },
    { id: "since", title: t.waiting, cell: (one) => instantText(one.requested_at), value: (one) => one.requested_at },
    { id: "decide", title: t.decide, cell: (one) => <Decide approval={one} choose={choose} /> },
  ];
}

function Subject({ approval }: { approval: Approval }) {
  return (
    <>
      {approval.order === null ? approval.title : <Link to={`/orders/${approval.order}`}>{approval.title}</Link>}
      {approval.lines !== null && approval.kind !== "change" && <span className="quiet"> · {t.lines(approval.lines)}</span>}
      {approval.reason !== null && <div className="quiet">{approval.reason}</div>}
    </>
  );
}

function Amount({ approval }: { approval: Approval }) {
  if (approval.amount_minor === null || approval.currency === null) return <Missing reason={t.noAmount} />;
  const discount = approval.discount_bp ?? 0;
  return (
    <>
      {minorMoney(approval.amount_minor, approval.currency)}
      {discount > 0 && <div className="quiet">{t.discount(share(discount / BASIS_POINTS, 2))}</div>}
    </>
  );
}

function Decide({ approval, choose }: { approval: Approval; choose: (approval: Approval) => void }) {
  if (!approval.can_decide) return <span className="quiet">{approval.why_not}</span>;
  return <Button isSmall onPress={() => choose(approval)}>{t.decide}</Button>;
}
