import { useGet } from "../../api/client";
import { Badge, Button, DataView, Empty, Page, Select, Table, type Column } from "../../design";
import { count } from "../../format/number";
import { instantText } from "../../format/time";
import { useSearchText } from "../../routing/address";
import { operations } from "../../text/en/operations";
import { deadLetters as t } from "../../text/en/operations/data";
import { LetterCounts } from "./dead-letters/LetterCounts";
import { LetterDialog } from "./dead-letters/LetterDialog";
import { nameLetterKind, type Kind, type Letter } from "./dead-letters/letter-words";
import { Quarantine } from "./dead-letters/Quarantine";
import { Pager } from "./shared/Pager";
import "./operations.css";

const ANY = "any";
type Replayed = keyof typeof t.replayStates;
const REPLAYED = (Object.keys(t.replayStates) as Replayed[]).map((value) => ({ value: value as string, label: t.replayStates[value] }));

export default function DeadLetters() {
  const [kind, setKind] = useSearchText("kind");
  const [device, setDevice] = useSearchText("device");
  const [replayed, setReplayed] = useSearchText("replayed", "no");
  const [before, setBefore] = useSearchText("before");
  const [open, setOpen] = useSearchText("letter");
  const filter = { ...(kind && { kind: kind as Kind }), ...(device && { device }), ...(replayed !== "any" && { replayed: replayed === "yes" }) };
  const counts = useGet("/api/dead-letters/counts", { params: { query: filter } });
  const query = useGet("/api/dead-letters", { params: { query: { ...filter, limit: 50, ...(before && { before: Number(before) }) } } }, { placeholderData: (found) => found });
  const kinds = [{ value: ANY, label: t.everyKind }, ...Object.entries(t.kinds).map(([value, label]) => ({ value, label }))];
  const choose = (set: (value: string) => void) => (value: string) => { setBefore(""); set(value === ANY ? "" : value); };
  return (
    <Page title={t.title} lead={t.lead}>
      <Quarantine />
      <div className="fields">
        <Select label={t.kind} choices={kinds} value={kind || ANY} onChange={choose(setKind)} />
        <Select label={t.replayed} choices={REPLAYED} value={replayed} onChange={(value) => { setBefore(""); setReplayed(value); }} />
        {device !== "" && <Button isSmall onPress={() => choose(setDevice)("")}>{`${operations.device}: ${device} ×`}</Button>}
      </div>
      <DataView query={counts}>{(data) => <LetterCounts counts={data} onKind={choose(setKind)} onDevice={choose(setDevice)} />}</DataView>
      <DataView query={query} isEmpty={(data) => data.dead_letters.length === 0} empty={<Empty title={t.empty}>{t.emptyDetail}</Empty>}>
        {(data) => <><Table caption={t.title} columns={newColumns(setOpen)} rows={data.dead_letters} rowKey={(one) => String(one.id)} /><Pager at={before} next={data.next} onChange={setBefore} /></>}
      </DataView>
      {open !== "" && <LetterDialog id={Number(open)} onClose={() => setOpen("")} />}
    </Page>
  );
}

function newColumns(onOpen: (id: string) => void): readonly Column<Letter>[] {
  return [
    { id: "id", title: t.columns.id, isHeader: true, value: (one) => one.id, cell: (one) => <span className="name-button"><Button isSmall variant="plain" aria-label={t.open(one.id)} onPress={() => onOpen(String(one.id))}>{count(one.id)}</Button></span> },
    { id: "kind", title: t.columns.kind, value: (one) => one.kind, cell: (one) => nameLetterKind(one.kind) },
    { id: "device", title: t.columns.device, value: (one) => one.device, cell: (one) => (one.device === null ? <span className="quiet">{t.noDevice}</span> : `${one.location}, ${one.device}`) },
    { id: "reason", title: t.columns.reason, value: (one) => one.reason, cell: (one) => one.reason },
    { id: "times", title: t.columns.times, isNumber: true, value: (one) => one.times, cell: (one) => count(one.times) },
    { id: "last", title: t.columns.last, value: (one) => one.last_received_at, cell: (one) => instantText(one.last_received_at) },
    { id: "state", title: t.columns.state, value: (one) => one.replayed_at, cell: (one) => (one.replayed_at === null ? <Badge tone="warn">{t.waiting}</Badge> : <Badge tone="good">{t.counted}</Badge>) },
  ];
}
