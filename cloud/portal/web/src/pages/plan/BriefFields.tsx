import { Card, Checkbox, DateField, NumberField, Segments, Select } from "../../design";
import { plan as t } from "../../text/en/plan";
import { listVenues } from "../explore/Filters";
import type { Location } from "../explore/use-explore";
import { AGES, toggle, type BriefForm, type Fault, type GenderKind, type Objective, type PlaceKind, type WeekdayKind } from "./brief";

interface FieldsProps {
  form: BriefForm;
  change: (changes: Partial<BriefForm>) => void;
  locations: readonly Location[];
  /** Shown once the form was sent. */
  faults: readonly Fault[];
}

const choices = <Value extends string>(labels: Readonly<Record<Value, string>>) => (Object.entries(labels) as [Value, string][]).map(([value, label]) => ({ value, label }));
const PLACES = choices<PlaceKind>(t.placeKinds);
const WEEKDAYS = choices<WeekdayKind>(t.weekdayKinds);
const GENDERS = choices<GenderKind>(t.genders);
const OBJECTIVES = choices<Objective>(t.objectives).map((one) => ({ ...one, description: t.objectiveNotes[one.value] }));
const HOURS = Array.from({ length: 25 }, (_, hour) => ({ value: String(hour), label: `${String(hour).padStart(2, "0")}:00` }));

export function BriefFields(props: FieldsProps) {
  return (
    <>
      <MoneyAndTime {...props} />
      <div className="columns">
        <Places {...props} />
        <Audience {...props} />
      </div>
      <Limits {...props} />
    </>
  );
}

function MoneyAndTime({ form, change, faults }: FieldsProps) {
  const errorOf = (fault: Fault) => (faults.includes(fault) ? t.faults[fault] : undefined);
  return (
    <div className="fields brief-main">
      <NumberField label={t.budget(form.currency)} minValue={0} value={form.budget} onChange={(budget) => change({ budget })} errorMessage={errorOf("budget")} isRequired />
      <DateField label={t.firstDay} value={form.firstDay} onChange={(firstDay) => change({ firstDay })} isRequired />
      <DateField label={t.lastDay} value={form.lastDay} min={form.firstDay} onChange={(lastDay) => change({ lastDay })} errorMessage={errorOf("period")} isRequired />
      <Select<Objective> label={t.objective} choices={OBJECTIVES} value={form.objective} onChange={(objective) => change({ objective })} />
      {form.objective === "roi" && <NumberField label={t.value(form.currency)} minValue={0} formatOptions={{ maximumFractionDigits: 6 }} value={form.value} onChange={(value) => change({ value })} errorMessage={errorOf("value")} />}
    </div>
  );
}

function Places({ form, change, locations, faults }: FieldsProps) {
  const venues = listVenues(locations).slice(1);
  return (
    <Card title={t.places}>
      <div className="stack">
        <Segments<PlaceKind> label={t.places} isLabelHidden choices={PLACES} value={form.places} onChange={(places) => change({ places })} />
        {form.places === "venues" && <Checks label={t.venues} all={venues} chosen={form.venues} onChange={(list) => change({ venues: list })} />}
        {form.places === "screens" && <Checks label={t.screens} all={locations.map((one) => ({ value: one.id, label: one.name }))} chosen={form.screens} onChange={(list) => change({ screens: list })} />}
        {faults.includes("places") && <p className="field"><span className="error">{t.faults.places}</span></p>}
      </div>
    </Card>
  );
}

function Audience({ form, change }: FieldsProps) {
  return (
    <Card title={t.audience}>
      <div className="stack">
        <Checks label={t.ages} all={AGES.map((value) => ({ value, label: t.ageNames[value] ?? value }))} chosen={form.ages} onChange={(ages) => change({ ages: AGES.filter((one) => ages.includes(one)) })} />
        <Segments<GenderKind> label={t.gender} choices={GENDERS} value={form.gender} onChange={(gender) => change({ gender })} />
        <p className="quiet">{t.agesNote}</p>
      </div>
    </Card>
  );
}

function Limits({ form, change, faults }: FieldsProps) {
  return (
    <Card title={t.limits}>
      <div className="fields brief-limits">
        <div className="fields" role="group" aria-label={t.hours}>
          <Select label={t.fromHour} choices={HOURS.slice(0, 24)} value={String(form.fromHour)} onChange={(hour) => change({ fromHour: Number(hour) })} />
          <Select label={t.toHour} choices={HOURS} value={String(form.toHour)} onChange={(hour) => change({ toHour: Number(hour) })} errorMessage={faults.includes("hours") ? t.faults.hours : undefined} />
        </div>
        <Segments<WeekdayKind> label={t.weekdays} choices={WEEKDAYS} value={form.weekdays} onChange={(weekdays) => change({ weekdays })} />
        <NumberField label={t.positions} minValue={1} value={form.positions} onChange={(positions) => change({ positions: Number.isNaN(positions) ? 1 : positions })} />
        <NumberField label={t.spend(form.currency)} description={t.optional} minValue={0} value={form.spendPerScreen} onChange={(spendPerScreen) => change({ spendPerScreen })} />
        <NumberField label={t.minReach} description={t.optional} minValue={0} value={form.minReach} onChange={(minReach) => change({ minReach })} />
      </div>
    </Card>
  );
}

interface ChecksProps {
  label: string;
  all: readonly { value: string; label: string }[];
  chosen: readonly string[];
  onChange: (chosen: readonly string[]) => void;
}

function Checks({ label, all, chosen, onChange }: ChecksProps) {
  return (
    <div className="field-group brief-checks" role="group" aria-label={label}>
      {all.map((one) => <Checkbox key={one.value} isSelected={chosen.includes(one.value)} onChange={() => onChange(toggle(chosen, one.value))}>{one.label}</Checkbox>)}
    </div>
  );
}
