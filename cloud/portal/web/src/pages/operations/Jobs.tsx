import { useGet } from "../../api/client";
import { Badge, DataView, Empty, Link, LinkButton, Page, Table, type Column } from "../../design";
import { instantText } from "../../format/time";
import { jobs as t } from "../../text/en/operations/jobs";
import { JobProgress } from "./jobs/JobProgress";
import { countOver, describeJob, nameStatus, statusTone, type Job } from "./jobs/job-words";
import "./operations.css";

const COLUMNS: readonly Column<Job>[] = [
  { id: "job", title: t.columns.job, isHeader: true, value: (one) => one.job, cell: (one) => <Link to={`/operations/jobs/${one.job}`}>{one.job}</Link> },
  { id: "what", title: t.columns.what, value: describeJob, cell: describeJob },
  { id: "status", title: t.columns.status, value: (one) => one.status, cell: (one) => <Badge tone={statusTone(one.status)}>{nameStatus(one.status)}</Badge> },
  { id: "progress", title: t.columns.progress, value: countOver, cell: (one) => <JobProgress job={one} /> },
  { id: "reason", title: t.columns.reason, value: (one) => one.reason, cell: (one) => one.reason ?? "" },
  { id: "created", title: t.columns.created, value: (one) => one.created_at, cell: (one) => instantText(one.created_at) },
];

export default function Jobs() {
  const query = useGet("/api/fleet/jobs", { params: { query: { limit: 100 } } }, { refetchInterval: 10_000 });
  const rollOut = <LinkButton variant="primary" to="/operations/rollouts/new">{t.rollOut}</LinkButton>;
  return (
    <Page title={t.title} lead={t.lead} actions={rollOut}>
      <DataView query={query} isEmpty={(data) => data.jobs.length === 0} empty={<Empty title={t.empty} action={rollOut}>{t.emptyDetail}</Empty>}>
        {(data) => <Table caption={t.title} columns={COLUMNS} rows={data.jobs} rowKey={(one) => one.job} />}
      </DataView>
    </Page>
  );
}
