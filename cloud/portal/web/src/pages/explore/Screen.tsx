import { NetworkMap } from "../../charts/NetworkMap";
import { Card, DataView, Empty, Facts, LinkButton, Page } from "../../design";
import { money } from "../../format/money";
import { decimal } from "../../format/number";
import { toSentence } from "../../format/words";
import { useParam } from "../../routing/address";
import { screen as t } from "../../text/en/explore";
import { Calendars } from "./Calendars";
import { ChosenHour } from "./ChosenHour";
import { useCalendar, useExploreState, useLocations, type Location } from "./use-explore";
import "./explore.css";

/** One screen: what it is, where it is, and its prices. */
export default function Screen() {
  const id = useParam("id");
  const locations = useLocations();
  const known = locations.data?.locations.find((one) => one.id === id || one.formerly.includes(id));
  return (
    <Page title={known?.name ?? id} actions={<LinkButton to={`/explore?screens=${encodeURIComponent(known?.id ?? "")}`}>{t.inExplorer}</LinkButton>}>
      <DataView query={locations} isEmpty={() => known === undefined} empty={<Unknown id={id} />}>
        {() => known && <><ScreenFacts location={known} /><ScreenPrices location={known.id} /></>}
      </DataView>
    </Page>
  );
}

function Unknown({ id }: { id: string }) {
  return <Empty title={t.unknown} action={<LinkButton to="/explore">{t.toExplorer}</LinkButton>}>{t.unknownDetail(id)}</Empty>;
}

function ScreenFacts({ location }: { location: Location }) {
  const { screen, loop_s: loop, spot_s: spot, latitude_deg: latitude, longitude_deg: longitude } = location;
  const place = `${decimal(latitude, 4)}, ${decimal(longitude, 4)}`;
  const facts = [
    [t.id, location.id],
    [t.venue, [...location.broader_venues.map((one) => one.name), location.venue_name].join(" › ")],
    [t.placement, toSentence(location.placement)],
    [t.kindOfPlace, toSentence(location.traffic)],
    [t.audience, toSentence(location.demographic)],
    [t.size, t.sizeOf(decimal(screen.width_m, 2), decimal(screen.height_m, 2), `${screen.width_px} × ${screen.height_px}`)],
    [t.loop, t.loopOf(loop, spot, loop / spot)],
    [t.baseRate, money(String(location.base_rate), location.currency)],
    [t.cameras, t.cameraCount(location.cameras)],
    [t.zone, location.timezone],
    [t.coordinates, place],
  ] as const;
  return (
    <div className="columns">
      <Card title={t.facts}><Facts rows={facts} /></Card>
      <NetworkMap label={location.name} points={[{ id: location.id, name: location.name, latitude, longitude, colour: "var(--onlookers)", detail: place }]} />
    </div>
  );
}

function ScreenPrices({ location }: { location: string }) {
  const [state, change] = useExploreState();
  const calendar = useCalendar([location], state);
  return (
    <DataView query={calendar}>
      {(found) => <><Calendars screens={found.screens} state={state} change={change} /><ChosenHour screens={found.screens} hour={state.hour} /></>}
    </DataView>
  );
}
