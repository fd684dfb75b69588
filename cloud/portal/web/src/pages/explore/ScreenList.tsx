import { useMemo } from "react";
import { HeatLegend } from "../../charts/HeatLegend";
import { NetworkMap, type MapPoint } from "../../charts/NetworkMap";
import { findBreaks, heatColour, heatOf } from "../../charts/scale";
import { Card, Checkbox, Empty, Link, Notice, Table, type Column } from "../../design";
import { Missing } from "../../format/Missing";
import { minorDigits, minorMoney, money } from "../../format/money";
import { count } from "../../format/number";
import { explore as t } from "../../text/en/explore";
import { MOST_SCREENS, toggleScreen, type ExploreState } from "./state";
import { matchSummaries, type ChangeState, type Location, type ScreenSummary } from "./use-explore";

interface ScreenListProps {
  summaries: readonly ScreenSummary[];
  locations: readonly Location[];
  /** Screens whose calendars are shown. */
  shown: readonly string[];
  state: ExploreState;
  change: ChangeState;
}

interface Row {
  summary: ScreenSummary;
  location: Location;
}

/** The map and the table of the screens that match the filters. */
export function ScreenList({ summaries, locations, shown, state, change }: ScreenListProps) {
  const rows = useMemo(() => joinRows(matchSummaries(summaries, state, minorDigits), locations), [summaries, locations, state]);
  const breaks = useMemo(() => findBreaks(rows.flatMap(({ summary }) => summary.price_median_minor ?? []), 4), [rows]);
  const toggle = (id: string) => change({ screens: toggleScreen(shown, id) });
  if (rows.length === 0) return <Empty title={t.noScreens}>{t.noScreensDetail}</Empty>;
  return (
    <div className="explore-screens">
      <Card title={t.screens}>
        {shown.length >= MOST_SCREENS && <Notice tone="info">{t.compareLimit}</Notice>}
        <Table caption={t.screensCaption} columns={listColumns(shown, toggle)} rows={rows} rowKey={(row) => row.location.id} />
        <p className="quiet explore-notes">{t.columnNotes}</p>
      </Card>
      <NetworkMap label={t.map} points={rows.map(toPoint(breaks))} selected={shown} onPress={toggle} legend={<MapLegend breaks={breaks} currency={rows[0]?.summary.currency ?? ""} />} />
    </div>
  );
}

function joinRows(summaries: readonly ScreenSummary[], locations: readonly Location[]): readonly Row[] {
  const byId = new Map(locations.map((one) => [one.id, one]));
  return summaries.flatMap((summary) => { const location = byId.get(summary.location); return location === undefined ? [] : [{ summary, location }]; });
}

function MapLegend({ breaks, currency }: { breaks: readonly number[]; currency: string }) {
  return <HeatLegend title={t.mapLegend(currency)} breaks={breaks} format={(minor) => minorMoney(minor, currency)} />;
}

function toPoint(breaks: readonly number[]): (row: Row) => MapPoint {
  return ({ summary, location }) => {
    const heat = heatOf(summary.price_median_minor, breaks);
    const price = minorMoney(summary.price_median_minor, summary.currency);
    return {
      id: location.id,
      name: location.name,
      latitude: location.latitude_deg,
      longitude: location.longitude_deg,
      colour: heat === null ? null : heatColour(heat, breaks),
      detail: heat === null ? t.mapNoHour : t.mapDetail(price, count(summary.entries)),
    };
  };
}

function listColumns(shown: readonly string[], toggle: (id: string) => void): readonly Column<Row>[] {
  const full = shown.length >= MOST_SCREENS;
  return [
    { id: "compare", title: t.compare, cell: ({ location: { id, name } }) => <Checkbox isSelected={shown.includes(id)} isDisabled={full && !shown.includes(id)} onChange={() => toggle(id)}><span className="visually-hidden">{t.compareScreen(name)}</span></Checkbox> },
    { id: "screen", title: t.columns.screen, isHeader: true, value: ({ location }) => location.name, cell: ({ location }) => <div className="screen-name"><Link to={`/screens/${location.id}`}>{location.name}</Link><span className="quiet">{location.id} · {location.venue_name}</span></div> },
    { id: "median", title: t.columns.median, isNumber: true, value: ({ summary }) => summary.price_median_minor, cell: ({ summary }) => <PriceCell summary={summary} /> },
    { id: "entries", title: t.columns.entries, isNumber: true, value: ({ summary }) => summary.entries, cell: ({ summary }) => (summary.entries === null ? <Missing reason={t.noHour} /> : count(summary.entries)) },
    { id: "cost", title: t.columns.cost, isNumber: true, value: ({ summary }) => toNumber(summary.attention_cost), cell: ({ summary }) => (summary.attention_cost === null ? <Missing reason={t.noAttention} /> : money(summary.attention_cost, summary.currency)) },
    { id: "hours", title: t.columns.hours, isNumber: true, value: ({ summary }) => summary.hours, cell: ({ summary }) => <>{count(summary.hours)}{summary.full_hours > 0 && <><br /><span className="quiet no-break">{t.fullHours(summary.full_hours)}</span></>}</> },
  ];
}

const toNumber = (text: string | null): number | null => (text === null ? null : Number(text));

function PriceCell({ summary: { price_median_minor: median, price_min_minor: lowest, price_max_minor: highest, currency } }: { summary: ScreenSummary }) {
  if (median === null) return <Missing reason={t.noHour} />;
  return <><strong>{minorMoney(median, currency)}</strong><br /><span className="quiet no-break">{minorMoney(lowest, currency)} – {minorMoney(highest, currency)}</span></>;
}
