import { memo } from "react";
import type { Schema } from "../../api/client";
import { ChartTable } from "../../charts/ChartTable";
import { LiveSeries } from "../../charts/LiveSeries";
import { Card, Figure, Figures, Notice, type Column } from "../../design";
import { count, decimal, share } from "../../format/number";
import { money } from "../../format/money";
import { clockText, duration } from "../../format/time";
import { common } from "../../text/en";
import { live as t } from "../../text/en/live";
import { sumWindows, type HourTotals, type LiveBoard, type LiveWindow } from "./live-board";

type Location = Schema<"LocationResponse">;
type Hour = ReturnType<LiveBoard["lastHour"]>;

export function LocationNow({ location, board, now }: { location: Location; board: LiveBoard; now: number }) {
  const hour = board.lastHour(location.id, now);
  const totals = sumWindows(hour.map((one) => one.window));
  return (
    <section className="stack" aria-label={location.name}>
      <div>
        <h2 className="live-name">{location.name}</h2>
        <p className="quiet">{describeLocation(location)}</p>
      </div>
      <Freshness age={board.age(location.id, now)} isCurrent={board.current(location.id, now) !== undefined} />
      <HourFigures current={board.current(location.id, now)} totals={totals} />
      <HourChart hour={hour} totals={totals} zone={location.timezone} />
    </section>
  );
}

function describeLocation(location: Location): string {
  const size = t.screen(location.screen.width_m, location.screen.height_m);
  const rate = t.baseRate(money(location.base_rate, location.currency));
  return [location.id, location.placement.replaceAll("_", " "), size, rate].join(" · ");
}

function Freshness({ age, isCurrent }: { age: number | undefined; isCurrent: boolean }) {
  if (age === undefined) return <Notice tone="warn">{t.noReport}</Notice>;
  const time = duration(age / 1000);
  return isCurrent ? <p className="quiet">{t.lastReport(common.ago(time))}</p> : <Notice tone="warn">{t.oldReport(time)}</Notice>;
}

function HourFigures({ current, totals }: { current: LiveWindow | undefined; totals: HourTotals }) {
  const isAbsent = totals.entries === null;
  const looked = totals.visits ? (totals.onlookers ?? 0) / totals.visits : null;
  const note = current && t.observedNote(current.cameras, current.expected_cameras);
  return (
    <Figures>
      <Figure label={t.inViewNow} value={current?.crowd == null ? null : decimal(current.crowd)} reason={t.noData} note={note} />
      <Figure label={t.cameIntoView} value={isAbsent ? null : count(totals.entries)} reason={t.noData} note={t.lastHour} />
      <Figure label={t.reallyLooked} value={totals.onlookers === null ? null : count(totals.onlookers)} reason={t.noData} note={t.lastHour} />
      <Figure label={t.shareOfVisits} value={looked === null ? null : share(looked, 1)} reason={t.noData} note={t.reallyLooked.toLowerCase()} />
      <Figure label={t.attention} value={totals.attention_s === null ? null : count(totals.attention_s)} unit={t.seconds} reason={t.noData} note={t.lastHour} />
    </Figures>
  );
}

interface HourChartProps {
  hour: Hour;
  totals: HourTotals;
  zone: string;
}

/** Drawn again only when one of its windows changes; an event replaces its window. */
const HourChart = memo(function HourChart({ hour, totals, zone }: HourChartProps) {
  const columns: readonly Column<Hour[number]>[] = [
    { id: "time", title: t.time, cell: (row) => clockText(row.start, zone), value: (row) => new Date(row.start).toISOString(), isHeader: true },
    { id: "entries", title: t.cameIntoView, cell: (row) => count(row.window?.entries), value: (row) => row.window?.entries ?? null, isNumber: true },
    { id: "onlookers", title: t.reallyLooked, cell: (row) => count(row.window?.onlookers), value: (row) => row.window?.onlookers ?? null, isNumber: true },
  ];
  return (
    <Card title={t.lastHour}>
      <LiveSeries
        summary={t.hourSummary(count(totals.entries), count(totals.onlookers))}
        instants={hour.map((one) => one.start / 1000)}
        series={[
          { label: t.cameIntoView, colour: "entries", kind: "bars", values: hour.map((one) => one.window?.entries ?? null) },
          { label: t.reallyLooked, colour: "onlookers", kind: "bars", values: hour.map((one) => one.window?.onlookers ?? null) },
        ]}
        unit={t.people}
        zone={zone}
      />
      <ChartTable caption={t.lastHour} columns={columns} rows={hour} rowKey={(row) => String(row.start)} />
    </Card>
  );
}, showTheSame);

function showTheSame(before: HourChartProps, after: HourChartProps): boolean {
  return before.zone === after.zone && before.hour.every(({ start, window }, at) => start === after.hour[at]?.start && window === after.hour[at].window);
}
