import type { Schema } from "../../api/client";
import { usePages } from "../../api/pages";
import { Badge, Card, Empty, Link, PagedTable, type Column, type Tone } from "../../design";
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
  const pages = usePages("/api/pricing/plans", {}, (page) => page.plans, {
    refetchAfter: (plans) => ((plans as readonly Summary[]).some((one) => isUnfinished(one.status)) ? LOOK_AGAIN_MS : false),
  });
  return (
    <Card title={t.plans}>
      <PagedTable pages={pages} empty={<Empty title={t.noPlans}>{t.noPlansDetail}</Empty>} caption={t.plans} columns={COLUMNS} rowKey={(one) => one.id} />
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
