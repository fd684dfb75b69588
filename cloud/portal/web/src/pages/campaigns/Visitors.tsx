import type { Schema } from "../../api/client";
import { Card, NotObserved, Table, type Column } from "../../design";
import { count, share } from "../../format/number";
import { wordOf } from "../../format/words";
import { campaigns as t } from "../../text/en/campaigns";

type Group = Schema<"VisitorGroupDocument">;

/** Groups with enough visits; small ones are suppressed by the API and counted as such. */
export function Visitors({ demographics }: { demographics: Schema<"DemographicsDocument"> | null }) {
  if (demographics === null) return <NotObserved title={t.peopleNone}>{t.peopleNoneDetail}</NotObserved>;
  return (
    <Card title={t.people}>
      <div className="stack">
        <p className="quiet">{t.peopleLead}</p>
        <Table caption={t.peopleCaption} columns={COLUMNS} rows={demographics.groups} rowKey={(one) => `${one.age} ${one.gender}`} />
        {demographics.suppressed_visits !== 0 && <p className="quiet">{t.suppressed(demographics.suppressed_visits)}</p>}
      </div>
    </Card>
  );
}

const COLUMNS: readonly Column<Group>[] = [
  { id: "age", title: t.age, isHeader: true, value: (one) => one.age, cell: (one) => one.age },
  { id: "gender", title: t.gender, value: (one) => one.gender, cell: (one) => wordOf(t.genders, one.gender) },
  { id: "visits", title: t.visits, isNumber: true, value: (one) => one.visits, cell: (one) => count(one.visits) },
  { id: "looked", title: t.looked, isNumber: true, value: (one) => one.onlookers, cell: (one) => count(one.onlookers) },
  { id: "share", title: t.shareOf, isNumber: true, value: (one) => one.share, cell: (one) => share(one.share, 1) },
];
