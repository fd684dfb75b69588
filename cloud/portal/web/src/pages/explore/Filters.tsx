import { Button, Card, DateField, NumberField, Segments, Select } from "../../design";
import { isoDate } from "../../format/time";
import { explore as t } from "../../text/en/explore";
import { DAY_COUNTS, readState, type DayCount, type ExploreState } from "./state";
import type { ChangeState, Location } from "./use-explore";

interface FiltersProps {
  state: ExploreState;
  change: ChangeState;
  locations: readonly Location[];
}

const ALL = "all";
const DAYPARTS = Object.entries(t.dayparts).map(([value, label]) => ({ value, label }));
const PERIODS = DAY_COUNTS.map((value) => ({ value, label: t.dayCounts[value] }));

export function Filters({ state, change, locations }: FiltersProps) {
  const currency = locations[0]?.currency ?? "GBP";
  const toNumber = (value: number) => (Number.isNaN(value) ? null : value);
  const clear = () => change({ ...readState({}), screens: state.screens, measure: state.measure, view: state.view });
  return (
    <Card>
      <div className="fields explore-filters" role="group" aria-label={t.filters}>
        <DateField label={t.from} value={state.from || isoDate(Date.now())} onChange={(from) => change({ from, hour: null })} />
        <Segments<DayCount> label={t.days} choices={PERIODS} value={state.days} onChange={(days) => change({ days })} />
        <Select label={t.venue} choices={listVenues(locations)} value={state.venue || ALL} onChange={(venue) => change({ venue: venue === ALL ? "" : venue })} />
        <Select label={t.hours} choices={DAYPARTS} value={state.hours || ALL} onChange={(hours) => change({ hours: hours === ALL ? "" : hours })} />
        <NumberField label={t.maxPrice(currency)} minValue={0} value={state.maxPrice ?? NaN} onChange={(value) => change({ maxPrice: toNumber(value) })} />
        <NumberField label={t.minEntries} minValue={0} value={state.minEntries ?? NaN} onChange={(value) => change({ minEntries: toNumber(value) })} />
        <Button variant="plain" onPress={clear}>{t.clear}</Button>
      </div>
    </Card>
  );
}

/** The venues of the network: categories, types and kinds, each once. */
export function listVenues(locations: readonly Location[]): readonly { value: string; label: string }[] {
  const names = new Map<string, string>();
  for (const { broader_venues: broader, venue, venue_name: name } of locations) {
    for (const one of [...broader, { id: venue, name }]) names.set(one.id, one.name);
  }
  const venues = [...names].map(([value, label]) => ({ value, label })).toSorted((a, b) => a.value.localeCompare(b.value));
  return [{ value: ALL, label: t.anyVenue }, ...venues];
}
