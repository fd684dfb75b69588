import { useGet, type Schema } from "../../api/client";
import { Badge, Card, DataView, Empty, Link, Table, type Column, type Tone } from "../../design";
import { money } from "../../format/money";
import { instantText } from "../../format/time";
import { plan as t } from "../../text/en/plan";
import { periodText } from "./SavedBriefs";

type Summary = Schema<"PlanSummary">;
type Status = Schema<"PlanStatus">;

const TONES: Readonly<Record<Status, Tone>> = { waiting: "neutral", working: "info", done: "good", impossible: "warn", failed: "bad" };
const LOOK_AGAIN_MS = 3_000;

export const isUnfinished = (status: Status): boolean => status === "waiting" || status === "working";

export function StatusBadge({ status }: { status: Status }) {
  return <Badge tone={TONES[status]}>{t.status[status]}</Badge>;
}

/** The latest plans of the account; read again while one is being computed. */
export function PlanList() {
  const plans = useGet("/api/pricing/plans", { params: { query: { limit: 50 } } }, {
    refetchInterval: (query) => (query.state.data?.plans.some((one) => isUnfinished(one.status)) ? LOOK_AGAIN_MS : false),
  });
  return (
    <Card title={t.plans}>
      <DataView query={plans} isEmpty={(found) => found.plans.length === 0} empty={<Empty title={t.noPlans}>{t.noPlansDetail}</Empty>}>
        {(found) => <Table caption={t.plans} columns={COLUMNS} rows={found.plans} rowKey={(one) => one.id} />}
      </DataView>
    </Card>
  );
}

const COLUMNS: readonly Column<Summary>[] = [
  { id: "made", title: t.columns.made, isHeader: true, value: (one) => one.kept_at, cell: (one) => <Link to={`/plan/${one.id}`}>{instantText(one.kept_at)}</Link> },
  { id: "budget", title: t.columns.budget, isNumber: true, value: (one) => Number(one.budget), cell: (one) => money(one.budget, one.currency) },
  { id: "period", title: t.columns.period, value: (one) => one.from, cell: (one) => periodText(one.from, one.until) },
  { id: "aim", title: t.columns.aim, value: (one) => t.objectives[one.objective], cell: (one) => t.objectives[one.objective] },
  { id: "status", title: t.columns.status, value: (one) => t.status[one.status], cell: (one) => <StatusBadge status={one.status} /> },
];
