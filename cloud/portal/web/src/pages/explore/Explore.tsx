import { useBasket } from "../../basket/use-basket";
import { DataView, LinkButton, Notice, Page } from "../../design";
import { minorDigits } from "../../format/money";
import { explore as t } from "../../text/en/explore";
import { Calendars } from "./Calendars";
import { ChosenHour } from "./ChosenHour";
import { Filters } from "./Filters";
import { ScreenList } from "./ScreenList";
import { matchSummaries, useCalendar, useExploreState, useLocations, useSummaries } from "./use-explore";
import "./explore.css";

/** Prices of all screens: filters, map and list, calendars of up to four screens, and why an hour costs what it does. */
export default function Explore() {
  const [state, change] = useExploreState();
  const locations = useLocations();
  const summaries = useSummaries(state);
  const matching = matchSummaries(summaries.data?.flatMap((page) => page.screens) ?? [], state, minorDigits);
  const shown = state.screens.length > 0 ? state.screens : matching.slice(0, 1).map((one) => one.location);
  const calendar = useCalendar(shown, state);
  const remove = (id: string) => change({ screens: shown.filter((one) => one !== id) });
  return (
    <Page title={t.title} lead={t.lead} actions={<NextSteps />}>
      <DataView query={locations}>
        {(all) => (
          <>
            <Filters state={state} change={change} locations={all.locations} />
            <DataView query={summaries}>
              {(found) => (
                <>
                  <ScreenList summaries={found.flatMap((page) => page.screens)} locations={all.locations} shown={shown} state={state} change={change} />
                  <LeftOut omitted={found.flatMap((page) => page.left_out)} />
                </>
              )}
            </DataView>
          </>
        )}
      </DataView>
      {shown.length > 0 && (
        <DataView query={calendar}>
          {(found) => (
            <>
              <Calendars screens={found.screens} state={state} change={change} onRemove={shown.length > 1 ? remove : undefined} />
              <ChosenHour screens={found.screens} hour={state.hour} />
            </>
          )}
        </DataView>
      )}
    </Page>
  );
}

/** Where to go from here: let a plan choose, or book what was chosen. */
function NextSteps() {
  const { count } = useBasket();
  return <><LinkButton to="/plan">{t.toPlan}</LinkButton>{count > 0 && <LinkButton to="/basket" variant="primary">{t.toBasket(count)}</LinkButton>}</>;
}

function LeftOut({ omitted }: { omitted: readonly { location: string; reason: string }[] }) {
  if (omitted.length === 0) return null;
  return <Notice tone="warn" title={t.leftOut}>{omitted.map((one) => <p key={one.location}>{one.location}: {one.reason}</p>)}</Notice>;
}
