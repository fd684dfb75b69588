import type { Schema } from "../../api/client";
import { useAll } from "../../api/pages";
import { Badge, Card, Table, type Column, type Tone } from "../../design";
import { Missing } from "../../format/Missing";
import { minorMoney } from "../../format/money";
import { count } from "../../format/number";
import { instantText } from "../../format/time";
import { orders as t } from "../../text/en/orders";

type MakeGood = Schema<"MakeGoodDocument">;

const TONES: Record<MakeGood["status"], Tone> = { proposed: "warn", approved: "good", rejected: "neutral" };

const COLUMNS: readonly Column<MakeGood>[] = [
  { id: "line", title: t.makeGoodColumns.line, isHeader: true, value: (one) => one.line_id, cell: (one) => <span className="mono">{one.line_id}</span> },
  { id: "state", title: t.makeGoodColumns.state, value: (one) => one.status, cell: (one) => <Badge tone={TONES[one.status]}>{t.makeGoodStates[one.status]}</Badge> },
  { id: "delivered", title: t.makeGoodColumns.delivered, value: (one) => one.delivered, cell: (one) => t.makeGoodDelivered(count(one.delivered), count(one.booked), one.metric) },
  { id: "credit", title: t.makeGoodColumns.credit, isNumber: true, value: (one) => one.credit_minor, cell: (one) => (one.remedy === "line" ? <Missing reason={t.makeGoodLine} /> : minorMoney(one.credit_minor, one.currency)) },
  { id: "decided", title: t.makeGoodColumns.decided, value: (one) => one.decided_at, cell: (one) => instantText(one.decided_at) },
];

/** What is made good of the lines of an order; nothing where no line was short. */
export function OrderMakeGoods({ lines }: { lines: readonly string[] }) {
  const every = useAll("/api/make-goods", {}, (page) => page.make_goods);
  const found = (every.data ?? []).filter((one) => lines.includes(one.line_id));
  if (found.length === 0) return null;
  return (
    <Card title={t.makeGoods}>
      <div className="stack">
        <p className="quiet">{t.makeGoodsLead}</p>
        <Table caption={t.makeGoods} columns={COLUMNS} rows={found} rowKey={(one) => one.id} isPlain />
      </div>
    </Card>
  );
}
