import { useChange, useGet, type Schema } from "../../api/client";
import { Badge, Button, DataView, Empty, Figure, Figures, Link, Notice, Page, ProblemNotice, Select, Table, type Column, type Tone } from "../../design";
import { Missing } from "../../format/Missing";
import { count, decimal } from "../../format/number";
import { instantWithZone } from "../../format/time";
import { useSearchText } from "../../routing/address";
import { certificates as t } from "../../text/en/operations/data";
import { Pager } from "./shared/Pager";
import "./operations.css";

type Certificate = Schema<"CertificateResponse">;
type State = Schema<"CertificateState">;

const STATES: readonly State[] = ["expired", "late", "due", "valid", "unknown"];
const TONES: Record<State, Tone> = { expired: "bad", late: "bad", due: "info", valid: "good", unknown: "warn" };
const ANY = "any";

export default function Certificates() {
  const [state, setState] = useSearchText("state");
  const [offset, setOffset] = useSearchText("offset");
  const filter = { limit: 100, offset: Number(offset) || 0, ...(state && { state: [state as State] }) };
  const query = useGet("/api/fleet/certificates", { params: { query: filter } }, { placeholderData: (before) => before });
  const choices = [{ value: ANY, label: t.everyState }, ...STATES.map((value) => ({ value: value as string, label: t.states[value] ?? value }))];
  const choose = (value: string) => { setOffset(""); setState(value === ANY ? "" : value); };
  return (
    <Page title={t.title} lead={t.lead}>
      <DataView query={query}>
        {(data) => (
          <>
            <Figures>{STATES.map((one) => <Figure key={one} label={t.states[one] ?? one} value={count(data.counts[one])} note={describeState(one, data)} />)}</Figures>
            <div className="fields"><Select label={t.state} choices={choices} value={state || ANY} onChange={choose} /></div>
            {data.certificates.length === 0 ? <Empty title={t.empty} /> : <List rows={data.certificates} />}
            <Pager at={offset} next={data.next} onChange={setOffset} />
          </>
        )}
      </DataView>
    </Page>
  );
}

function describeState(state: State, data: Schema<"CertificatesResponse">): string {
  if (state === "late") return t.notes.late(data.late_days);
  return state === "due" ? t.notes.due(data.due_days) : t.notes[state];
}

function List({ rows }: { rows: readonly Certificate[] }) {
  const renew = useChange("post", "/api/fleet/jobs", { invalidates: ["/api/fleet/certificates", "/api/fleet/jobs"] });
  const order = (device: string) => renew.mutate({ body: renewalOf(device) });
  return (
    <div className="stack">
      <ProblemNotice error={renew.error} />
      {renew.data?.job && <Notice tone="good" title={t.renewed} isAnnounced><Link to={`/operations/jobs/${renew.data.job}`}>{renew.data.job}</Link></Notice>}
      <Table caption={t.title} columns={newColumns(order)} rows={rows} rowKey={(one) => one.device} />
    </div>
  );
}

function renewalOf(device: string): Schema<"JobRequest"> {
  const target = { device, attributes: {}, everything: false };
  return { document: { operation: "renew" }, target, minutes_each: 30, abort_percent: 20, abort_after: 1, share_percent: 100, apply: true };
}

function newColumns(order: (device: string) => void): readonly Column<Certificate>[] {
  return [
    { id: "device", title: t.columns.device, isHeader: true, value: (one) => one.device, cell: (one) => <Link to={`/operations/cameras/${one.device}`}>{one.device}</Link> },
    { id: "location", title: t.columns.location, value: (one) => one.location, cell: (one) => one.location },
    { id: "state", title: t.columns.state, value: (one) => one.state, cell: (one) => <Badge tone={TONES[one.state]}>{t.states[one.state]}</Badge> },
    { id: "left", title: t.columns.left, isNumber: true, value: (one) => one.days_left, cell: (one) => (one.days_left === null ? <Missing reason={t.unknown} /> : decimal(one.days_left)) },
    { id: "ends", title: t.columns.ends, value: (one) => one.ends_at, cell: (one) => (one.ends_at === null ? <Missing reason={t.unknown} /> : instantWithZone(one.ends_at)) },
    { id: "renewal", title: t.columns.renewal, cell: (one) => <Renewal certificate={one} onOrder={order} /> },
  ];
}

function Renewal({ certificate, onOrder }: { certificate: Certificate; onOrder: (device: string) => void }) {
  if (certificate.renewal_job !== null) return <Link to={`/operations/jobs/${certificate.renewal_job}`}>{t.renewing}</Link>;
  return <Button isSmall aria-label={`${t.renew}: ${certificate.device}`} onPress={() => onOrder(certificate.device)}>{t.renew}</Button>;
}
