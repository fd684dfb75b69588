import { useGet, type Schema } from "../../../api/client";
import { Badge, DataView, Link, Select, Table, type Column } from "../../../design";
import { Missing } from "../../../format/Missing";
import { instantText } from "../../../format/time";
import { useSearchText } from "../../../routing/address";
import { job as t } from "../../../text/en/operations/jobs";
import { Pager } from "../shared/Pager";
import { nameStatus, statusTone, type Job } from "./job-words";

type Progress = Schema<"DeviceProgressAnswer">;
type Status = Schema<"ExecutionStatus">;

const ANY = "any";
const WATCH_MS = 5_000;
const STATUSES: readonly Status[] = ["QUEUED", "IN_PROGRESS", "SUCCEEDED", "FAILED", "REJECTED", "TIMED_OUT", "CANCELED"];
const CHOICES = [{ value: ANY, label: t.anyStatus }, ...STATUSES.map((value) => ({ value: value as string, label: nameStatus(value) }))];

const COLUMNS: readonly Column<Progress>[] = [
  { id: "device", title: t.columns.device, isHeader: true, value: (one) => one.device, cell: (one) => <Link to={`/operations/cameras/${one.device}`}>{one.device}</Link> },
  { id: "status", title: t.columns.status, value: (one) => one.status, cell: (one) => <Badge tone={statusTone(one.status)}>{nameStatus(one.status)}</Badge> },
  { id: "reason", title: t.columns.reason, value: (one) => one.reason, cell: (one) => one.reason ?? "" },
  { id: "details", title: t.columns.details, value: listDetails, cell: (one) => <span className="quiet">{listDetails(one)}</span> },
  { id: "started", title: t.columns.started, value: (one) => one.started_at, cell: (one) => (one.started_at === null ? <Missing /> : instantText(one.started_at)) },
  { id: "updated", title: t.columns.updated, value: (one) => one.updated_at, cell: (one) => instantText(one.updated_at) },
];

function listDetails(one: Progress): string {
  return Object.entries(one.details).filter(([name]) => name !== "reason").map(([name, value]) => `${name}: ${value}`).join(", ");
}

/** Each camera of a job with its status and the reason that it gave. */
export function JobDevices({ job }: { job: Job }) {
  const [status, setStatus] = useSearchText("status");
  const [after, setAfter] = useSearchText("after");
  const filter = { limit: 100, after, ...(status && { status: status as Status }) };
  const query = useGet("/api/fleet/jobs/{job}/devices", { params: { path: { job: job.job }, query: filter } }, { refetchInterval: WATCH_MS, placeholderData: (before) => before });
  return (
    <div className="stack">
      <p className="quiet">{t.devicesLead(job.waiting)}</p>
      <div className="fields"><Select label={t.status} choices={CHOICES} value={status || ANY} onChange={(value) => setStatus(value === ANY ? "" : value)} /></div>
      <DataView query={query} isEmpty={(data) => data.devices.length === 0} empty={<p className="quiet">{t.noDevices}</p>}>
        {(data) => <><Table caption={t.devices} columns={COLUMNS} rows={data.devices} rowKey={(one) => one.device} /><Pager at={after} next={data.next} onChange={setAfter} /></>}
      </DataView>
    </div>
  );
}
