import { Button, Notice, ProblemNotice, Table, type Column } from "../../design";
import { common } from "../../text/en";
import { review as t } from "../../text/en/retail";
import type { Decisions, Result } from "./use-decisions";

/** What became of the latest decisions; each refusal with its reason. */
export function DecisionResults({ decisions }: { decisions: Decisions }) {
  const { results, asked, error } = decisions;
  const refused = results.filter((one) => !one.done);
  const done = results.length - refused.length;
  return (
    <>
      {asked === null && <ProblemNotice error={error} />}
      {done > 0 && <Notice tone="good" isAnnounced>{t.done(done)}</Notice>}
      {refused.length > 0 && (
        <Notice tone="bad" title={t.refused(refused.length)} isAnnounced>
          <Table caption={t.results} columns={COLUMNS} rows={refused} rowKey={(one) => one.id} isPlain />
          <Button isSmall onPress={decisions.forget}>{common.close}</Button>
        </Notice>
      )}
    </>
  );
}

const COLUMNS: readonly Column<Result>[] = [
  { id: "result", title: t.result, cell: (one) => one.refusal ?? t.recorded, isHeader: true },
];
