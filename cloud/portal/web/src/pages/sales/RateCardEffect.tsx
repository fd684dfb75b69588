import type { Schema } from "../../api/client";
import type { WaterfallStep } from "../../charts/steps";
import { Waterfall } from "../../charts/Waterfall";
import { Card, Figure, Figures, Notice, Table, type Column } from "../../design";
import { Missing } from "../../format/Missing";
import { minorMoney } from "../../format/money";
import { change, count, share } from "../../format/number";
import { dateText } from "../../format/time";
import { rateCard as t } from "../../text/en/rate-card";
import { toSentence, toWords } from "../../format/words";
import { sales } from "../../text/en/sales";
import "./sales.css";

type Effect = Schema<"PreviewResponse">;
type Currency = Schema<"CurrencyEffect">;
type LocationEffect = Schema<"LocationEffectResponse">;
type Difference = Schema<"CardDifference">;

export function RateCardEffect({ effect }: { effect: Effect }) {
  return (
    <section className="stack" aria-live="polite">
      <h2>{t.effect(dateText(effect.first_on), dateText(effect.until_on))}</h2>
      <p className="quiet">{t.effectLead}</p>
      {effect.currencies.map((one) => <CurrencyCard key={one.currency} effect={one} />)}
      <Card title={t.byLocation}><Table caption={t.byLocation} columns={LOCATIONS} rows={effect.locations} rowKey={(one) => one.location} /></Card>
      <Card title={t.differences}><Table caption={t.differences} columns={DIFFERENCES} rows={effect.differences} rowKey={(one) => one.field} /></Card>
      {effect.further_locations > 0 && <Notice>{t.left(effect.further_locations)}</Notice>}
      {effect.left_out.length > 0 && <Notice tone="warn" title={t.omitted}><ul>{effect.left_out.map((one) => <li key={one.location}>{one.location}: {one.reason}</li>)}</ul></Notice>}
      {effect.warnings.length > 0 && <Notice tone="warn" title={t.warnings}><ul>{effect.warnings.map((one) => <li key={one}>{one}</li>)}</ul></Notice>}
    </section>
  );
}

function CurrencyCard({ effect }: { effect: Currency }) {
  const write = (minor: number) => minorMoney(minor, effect.currency);
  const changed = effect.after.p50 - effect.before.p50;
  const range = (one: { p10: number; p90: number }) => t.range(write(one.p10), write(one.p90));
  return (
    <Card title={effect.currency}>
      <Figures>
        <Figure label={t.booked} value={write(effect.booked_minor)} note={t.bookedNote} />
        <Figure label={t.before} value={write(effect.before.p50)} note={range(effect.before)} />
        <Figure label={t.after} value={write(effect.after.p50)} note={range(effect.after)} />
        <Figure label={t.change} value={write(changed)} note={change(effect.before.p50 === 0 ? null : changed / effect.before.p50, 1)} />
        <Figure label={t.expected} value={effect.expected_after && write(effect.expected_after.p50)} note={effect.expected_before && `${t.before}: ${write(effect.expected_before.p50)}`} reason={t.expectedNone} />
        <Figure label={t.unobserved} value={count(effect.unobserved_hours)} note={t.unobservedNote} />
      </Figures>
      <h3>{t.steps}</h3>
      {effect.steps.length === 0 ? <p className="quiet">{t.noSteps}</p> : <Waterfall caption={t.steps} steps={listSteps(effect)} />}
      <h3>{t.byHour}</h3>
      <Table caption={t.byHour} columns={listHourColumns(effect.currency)} rows={effect.hours} rowKey={(one) => String(one.hour)} />
    </Card>
  );
}

function listSteps(effect: Currency): readonly WaterfallStep[] {
  const write = (minor: number) => minorMoney(minor, effect.currency);
  const bar = (id: string, label: string, value: number) => ({ id, label, value, valueText: write(value) });
  let value = effect.before.p50;
  const changes = effect.steps.map(({ section, change_minor }) => {
    value += change_minor;
    return { ...bar(section, t.sections[section] ?? section, value), change: write(change_minor) };
  });
  return [bar("before", t.before, effect.before.p50), ...changes, bar("after", t.after, effect.after.p50)];
}

function listHourColumns(currency: string): readonly Column<Schema<"HourEffect">>[] {
  return [
    { id: "hour", title: t.hour, cell: (one) => `${String(one.hour).padStart(2, "0")}:00`, value: (one) => one.hour, isHeader: true },
    { id: "before", title: t.before, cell: (one) => minorMoney(one.before_minor, currency), value: (one) => one.before_minor, isNumber: true },
    { id: "after", title: t.after, cell: (one) => minorMoney(one.after_minor, currency), value: (one) => one.after_minor, isNumber: true },
    { id: "change", title: t.change, cell: (one) => minorMoney(one.after_minor - one.before_minor, currency), value: (one) => one.after_minor - one.before_minor, isNumber: true },
  ];
}

const LOCATIONS: readonly Column<LocationEffect>[] = [
  { id: "location", title: sales.shared.location, cell: (one) => one.location, value: (one) => one.location, isHeader: true },
  { id: "booked", title: t.booked, cell: (one) => minorMoney(one.booked_minor, one.currency), value: (one) => one.booked_minor, isNumber: true },
  { id: "before", title: t.before, cell: (one) => minorMoney(one.before.p50, one.currency), value: (one) => one.before.p50, isNumber: true },
  { id: "after", title: t.after, cell: (one) => minorMoney(one.after.p50, one.currency), value: (one) => one.after.p50, isNumber: true },
  { id: "change", title: t.change, cell: (one) => minorMoney(one.after.p50 - one.before.p50, one.currency), value: (one) => one.after.p50 - one.before.p50, isNumber: true },
  { id: "share", title: t.soldShare, cell: (one) => (one.sold_share === null ? <Missing reason={t.noShare} /> : share(one.sold_share, 1)), value: (one) => one.sold_share, isNumber: true },
  { id: "unobserved", title: t.unobserved, cell: (one) => count(one.unobserved_hours), value: (one) => one.unobserved_hours, isNumber: true },
];

/** `peak_hours.night.factor` as `Hours of the day, night factor`. */
function fieldText(field: string): string {
  const [section = "", ...rest] = field.split(".");
  const head = t.sections[section] ?? toSentence(section);
  return rest.length === 0 ? head : `${head}: ${toWords(rest.join(", "))}`;
}

const DIFFERENCES: readonly Column<Difference>[] = [
  { id: "field", title: t.field, cell: (one) => fieldText(one.field), value: (one) => fieldText(one.field), isHeader: true },
  { id: "was", title: t.was, cell: (one) => one.before, value: (one) => one.before },
  { id: "will", title: t.will, cell: (one) => one.after, value: (one) => one.after },
];
