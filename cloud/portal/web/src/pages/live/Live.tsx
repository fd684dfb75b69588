import { useMemo } from "react";
import { useGet, type Schema } from "../../api/client";
import { Badge, DataView, Empty, Page } from "../../design";
import { useSearchText } from "../../routing/address";
import { live as t } from "../../text/en/live";
import { LocationList } from "./LocationList";
import { LocationNow } from "./LocationNow";
import { useLiveBoard } from "./use-live-board";
import "./live.css";

type Location = Schema<"LocationResponse">;

export default function Live() {
  const locations = useGet("/api/locations");
  return (
    <DataView query={locations} isEmpty={(data) => data.locations.length === 0} empty={<NoScreens />}>
      {(data) => <LiveLocations locations={data.locations} />}
    </DataView>
  );
}

function NoScreens() {
  return <Page title={t.title}><Empty title={t.noScreens}>{t.noScreensDetail}</Empty></Page>;
}

function LiveLocations({ locations }: { locations: readonly Location[] }) {
  const ids = useMemo(() => locations.map((one) => one.id), [locations]);
  const { board, now, state } = useLiveBoard(ids);
  const [chosen, choose] = useSearchText("location", ids[0]);
  const location = locations.find((one) => one.id === chosen) ?? locations[0];
  const tone = state === "open" ? "good" : "warn";
  return (
    <Page title={t.title} lead={t.lead} actions={<span role="status"><Badge tone={tone}>{t.states[state]}</Badge></span>}>
      <div className="live">
        <LocationList locations={locations} board={board} now={now} chosen={location?.id} onChoose={choose} />
        {location !== undefined && <LocationNow key={location.id} location={location} board={board} now={now} />}
      </div>
    </Page>
  );
}
