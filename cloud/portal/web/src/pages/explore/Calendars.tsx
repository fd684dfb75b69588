import { useCallback, useMemo } from "react";
import { HeatLegend } from "../../charts/HeatLegend";
import { HourGrid } from "../../charts/HourGrid";
import { findBreaks } from "../../charts/scale";
import { Button, Card, Link, Notice, Segments, saveCsv } from "../../design";
import { minorToDecimal } from "../../format/money";
import { explore as t } from "../../text/en/explore";
import { dayRows, firstOfWeekHour, valueOf, valueText, weekHourId, weekdayRows, type CalendarHour, type CalendarScreen } from "./hours";
import { MEASURES, VIEWS, type ExploreState, type Measure, type View } from "./state";
import type { ChangeState } from "./use-explore";

interface CalendarsProps {
  screens: readonly CalendarScreen[];
  state: Pick<ExploreState, "measure" | "view" | "hour">;
  change: ChangeState;
  /** Takes a screen out of the comparison; absent where there is none. */
  onRemove?: (location: string) => void;
}

const MEASURE_CHOICES = MEASURES.map((value) => ({ value, label: t.measures[value] }));
const VIEW_CHOICES = VIEWS.map((value) => ({ value, label: t.views[value] }));

/** The calendars of up to four screens, in the same colours. */
export function Calendars({ screens, state, change, onRemove }: CalendarsProps) {
  const { measure, view } = state;
  const breaks = useMemo(() => findBreaks(screens.flatMap((one) => one.hours.map((hour) => valueOf(hour, measure)).filter((value) => value !== null))), [screens, measure]);
  return (
    <section className="stack" aria-label={t.measures[measure]}>
      <div className="row">
        <Segments<Measure> label={t.measure} choices={MEASURE_CHOICES} value={measure} onChange={(one) => change({ measure: one })} />
        <Segments<View> label={t.view} choices={VIEW_CHOICES} value={view} onChange={(one) => change({ view: one })} />
      </div>
      <div className={screens.length > 1 ? "explore-calendars several" : "explore-calendars"}>
        {screens.map((one) => <ScreenCalendar key={one.location} screen={one} state={state} breaks={breaks} change={change} onRemove={onRemove} />)}
      </div>
    </section>
  );
}

interface ScreenCalendarProps extends Omit<CalendarsProps, "screens"> {
  screen: CalendarScreen;
  breaks: readonly number[];
}

function ScreenCalendar({ screen, state: { measure, view, hour }, breaks, change, onRemove }: ScreenCalendarProps) {
  const rows = useMemo(() => (view === "calendar" ? dayRows : weekdayRows)(screen, { measure, breaks }), [screen, view, measure, breaks]);
  const caption = (view === "calendar" ? t.calendarCaption : t.weekCaption)(screen.name, t.measures[measure]);
  const chosen = screen.hours.find((one) => one.starts_at === hour?.startsAt && hour.location === screen.location);
  const choose = useCallback((id: string) => {
    const startsAt = view === "calendar" ? id : firstOfWeekHour(screen, id)?.starts_at;
    if (startsAt !== undefined) change({ hour: { location: screen.location, startsAt } });
  }, [screen, view, change]);
  return (
    <Card title={screen.location} actions={<div className="row"><Button isSmall variant="plain" onPress={() => saveHours(screen)}>{t.csv}</Button>{onRemove && <Button isSmall variant="plain" aria-label={t.takeOut(screen.name)} onPress={() => onRemove(screen.location)}>✕</Button>}</div>}>
      <p className="explore-screen"><Link to={`/screens/${screen.location}`}>{screen.name}</Link> <span className="quiet">{t.zone(screen.timezone)}</span></p>
      <EstimateNotice hours={screen.hours} />
      <HourGrid caption={caption} rows={rows} breaks={breaks} selected={chosen && (view === "calendar" ? chosen.starts_at : weekHourId(chosen))} onSelect={choose} legend={<Legend screen={screen} measure={measure} breaks={breaks} />} />
    </Card>
  );
}

function EstimateNotice({ hours }: { hours: readonly CalendarHour[] }) {
  const estimated = hours.filter((hour) => hour.estimated).length;
  if (estimated === 0) return null;
  return <Notice tone="info">{estimated === hours.length ? t.allEstimated : t.someEstimated}</Notice>;
}

function Legend({ screen, measure, breaks }: { screen: CalendarScreen; measure: Measure; breaks: readonly number[] }) {
  const title = measure === "audience" ? t.legends.audience : t.legends[measure](screen.currency);
  return <HeatLegend title={title} breaks={breaks} format={(value) => valueText(value, measure, screen.currency)} marks={listMarks(screen.hours, measure)} />;
}

/** The patterns that occur. */
function listMarks(hours: readonly CalendarHour[], measure: Measure) {
  const occurs = {
    estimated: hours.some((hour) => hour.estimated),
    past: hours.some((hour) => hour.status === "past"),
    sold_out: hours.some((hour) => hour.status === "sold_out"),
    closed: hours.some((hour) => hour.status === "closed"),
    "no-value": hours.some((hour) => valueOf(hour, measure) === null),
  };
  return (Object.keys(occurs) as (keyof typeof occurs)[]).filter((mark) => occurs[mark]);
}

function saveHours(screen: CalendarScreen): void {
  const columns = t.csvColumns;
  const price = (minor: number) => minorToDecimal(minor, screen.currency);
  saveCsv<CalendarHour>(t.csvName(screen.location), [
    { title: columns.location, value: () => screen.location },
    { title: columns.startsAt, value: (hour) => hour.starts_at },
    { title: columns.local, value: (hour) => hour.local },
    { title: columns.price, value: (hour) => price(hour.price_minor) },
    { title: columns.p10, value: (hour) => price(hour.price_p10_minor) },
    { title: columns.p90, value: (hour) => price(hour.price_p90_minor) },
    { title: columns.currency, value: () => screen.currency },
    { title: columns.people10, value: (hour) => hour.entries.p10 },
    { title: columns.people, value: (hour) => hour.entries.p50 },
    { title: columns.people90, value: (hour) => hour.entries.p90 },
    { title: columns.attention, value: (hour) => hour.attention_s.p50 },
    { title: columns.cost, value: (hour) => hour.attention_cost },
    { title: columns.status, value: (hour) => t.status[hour.status] },
    { title: columns.free, value: (hour) => hour.free },
    { title: columns.estimated, value: (hour) => String(hour.estimated) },
  ], screen.hours);
}
