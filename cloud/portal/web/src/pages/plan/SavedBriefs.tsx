import { useChange, type Schema } from "../../api/client";
import { usePages } from "../../api/pages";
import { Button, Card, Empty, Link, LinkButton, PagedTable, ProblemNotice, type Column } from "../../design";
import { money } from "../../format/money";
import { dateText } from "../../format/time";
import { plan as t } from "../../text/en/plan";
import { addDays } from "./brief";

type Brief = Schema<"SavedBriefResponse">;

/** The briefs of the account: to be used again, or deleted. */
export function SavedBriefs() {
  const pages = usePages("/api/briefs", {}, (page) => page.briefs);
  const remove = useChange("delete", "/api/briefs/{brief}", { invalidates: ["/api/briefs"] });
  const drop = (brief: string) => remove.mutate({ params: { path: { brief } } } as never);
  return (
    <Card title={t.savedBriefs}>
      <ProblemNotice error={remove.error} />
      <PagedTable pages={pages} empty={<Empty title={t.noBriefs}>{t.noBriefsDetail}</Empty>} caption={t.savedBriefs} columns={listColumns(drop)} rowKey={(one) => one.id} />
    </Card>
  );
}

export function periodText(from: string, until: string): string {
  return t.period(dateText(from), dateText(addDays(until, -1)));
}

function listColumns(drop: (brief: string) => void): readonly Column<Brief>[] {
  return [
    { id: "name", title: t.columns.name, isHeader: true, value: (one) => one.name, cell: (one) => (one.plan === null ? one.name : <Link to={`/plan/${one.plan}`}>{one.name}</Link>) },
    { id: "budget", title: t.columns.budget, isNumber: true, value: (one) => Number(one.brief.budget), cell: (one) => money(one.brief.budget, one.brief.currency) },
    { id: "period", title: t.columns.period, value: (one) => one.brief.from, cell: (one) => periodText(one.brief.from, one.brief.until) },
    { id: "aim", title: t.columns.aim, value: (one) => t.objectives[one.brief.objective], cell: (one) => t.objectives[one.brief.objective] },
    {
      id: "actions",
      title: t.columns.actions,
      cell: (one) => (
        <div className="row">
          <LinkButton to={`/plan?brief=${one.id}`} isSmall aria-label={t.useBrief(one.name)}>{t.use}</LinkButton>
          <Button isSmall variant="plain" aria-label={t.removeBrief(one.name)} onPress={() => drop(one.id)}>{t.remove}</Button>
        </div>
      ),
    },
  ];
}
