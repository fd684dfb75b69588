import { useGet, type Schema } from "../../api/client";
import { DataView, Empty, Figure, Figures, LinkButton, Page, Segments } from "../../design";
import { count } from "../../format/number";
import { useSearchText } from "../../routing/address";
import { fleet as t } from "../../text/en/operations/fleet";
import { useMayOperate } from "./shared/use-may-operate";
import { FleetFilters, useFleetFilters } from "./fleet/FleetFilters";
import { FleetTable } from "./fleet/FleetTable";
import { FleetLocations } from "./fleet/FleetLocations";
import { FleetMap } from "./fleet/FleetMap";
import { FleetVersions } from "./fleet/FleetVersions";
import { Pager } from "./shared/Pager";
import "./operations.css";

const REFRESH_MS = 30_000;
type View = keyof typeof t.views;
const VIEWS = (Object.keys(t.views) as View[]).map((value) => ({ value, label: t.views[value] }));

export default function Fleet() {
  const summary = useGet("/api/fleet/summary", undefined, { refetchInterval: REFRESH_MS });
  const [view, setView] = useSearchText("view", "table");
  const mayOperate = useMayOperate();
  const actions = mayOperate ? <LinkButton variant="primary" to="/operations/rollouts/new">{t.rollOut}</LinkButton> : undefined;
  return (
    <Page title={t.title} lead={t.lead} actions={actions}>
      <DataView query={summary}>{(data) => <Numbers summary={data} />}</DataView>
      <div className="row"><Segments label={t.view} isLabelHidden choices={VIEWS} value={view as View} onChange={setView} /></div>
      {view === "table" && <Cameras />}
      {view === "locations" && <DataView query={summary}>{(data) => <FleetLocations locations={data.locations} />}</DataView>}
      {view === "map" && <DataView query={summary}>{(data) => <FleetMap locations={data.locations} />}</DataView>}
      <DataView query={summary} loading={<></>}>{(data) => <FleetVersions summary={data} />}</DataView>
    </Page>
  );
}

function Numbers({ summary }: { summary: Schema<"FleetSummaryResponse"> }) {
  const of = (presence: string) => count(summary.presence[presence] ?? 0);
  return (
    <Figures>
      <Figure label={t.figures.devices} value={count(summary.devices)} />
      <Figure label={t.figures.online} value={of("online")} />
      <Figure label={t.figures.offline} value={of("offline")} />
      <Figure label={t.figures.stopped} value={of("stopped")} />
      <Figure label={t.figures.never} value={of("never")} />
      <Figure label={t.figures.alarming} value={count(summary.alarming)} />
      <Figure label={t.figures.drifting} value={count(summary.drifting)} />
    </Figures>
  );
}

function Cameras() {
  const filters = useFleetFilters();
  const [after, setAfter] = useSearchText("after");
  const query = useGet("/api/fleet/devices", { params: { query: { ...filters.query, after, limit: 100 } } }, { refetchInterval: REFRESH_MS, placeholderData: (before) => before });
  return (
    <div className="stack">
      <FleetFilters filters={filters} onChange={() => setAfter("")} />
      <DataView query={query} isEmpty={(data) => data.devices.length === 0} empty={<Empty title={t.empty}>{t.emptyDetail}</Empty>}>
        {(data) => <><FleetTable devices={data.devices} /><Pager at={after} next={data.next} onChange={setAfter} /></>}
      </DataView>
    </div>
  );
}
