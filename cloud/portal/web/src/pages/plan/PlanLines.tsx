import { useMemo } from "react";
import { RangeBar } from "../../charts/RangeBar";
import { Button, Card, Link, Table, saveCsv, type Column } from "../../design";
import { minorMoney, money } from "../../format/money";
import { count, decimal } from "../../format/number";
import { result as t } from "../../text/en/plan";
import { dateLabel } from "../explore/hours";
import { useLocations } from "../explore/use-explore";
import { sumByScreen, toInstant, type PlanLine, type PlanResult, type ScreenShare } from "./lines";

const MOST_SHOWN = 200;

/** The hours of a plan, by screen and one by one, with prices and intervals of the audience. */
export function PlanLines({ plan: { lines, currency } }: { plan: PlanResult }) {
  const names = new Map(useLocations().data?.locations.map((one) => [one.id, one.name]));
  const shares = useMemo(() => sumByScreen(lines, currency), [lines, currency]);
  const most = Math.max(...lines.map((line) => line.impressions_range?.p90 ?? line.impressions), 0);
  const columns = listColumns(currency, most, (id) => names.get(id) ?? id);
  return (
    <>
      <Card title={t.screens}>
        <Table caption={t.screensCaption} columns={screenColumns(currency, (id) => names.get(id) ?? id)} rows={shares} rowKey={(one) => one.location} />
      </Card>
      <Card title={t.lines} actions={<Button isSmall onPress={() => saveCsv(t.linesCaption, columns, lines)}>{t.allLines}</Button>}>
        <p className="quiet">{t.lineIntervals}{lines.length > MOST_SHOWN && ` ${t.shownLines(MOST_SHOWN, lines.length)}`}</p>
        <Table isPlain caption={t.linesCaption} columns={columns} rows={lines.slice(0, MOST_SHOWN)} rowKey={(line) => `${line.location}/${line.time_slot}`} initialSorting={{ column: "when" }} />
      </Card>
    </>
  );
}

type NameOf = (id: string) => string;

function screenColumns(currency: string, nameOf: NameOf): readonly Column<ScreenShare>[] {
  return [
    { id: "screen", title: t.columns.screen, isHeader: true, value: (one) => nameOf(one.location), cell: (one) => <Link to={`/screens/${one.location}`}>{nameOf(one.location)}</Link> },
    { id: "hours", title: t.columns.hours, isNumber: true, value: (one) => one.hours, cell: (one) => count(one.hours) },
    { id: "positions", title: t.columns.positions, isNumber: true, value: (one) => one.positions, cell: (one) => count(one.positions) },
    { id: "cost", title: t.columns.cost, isNumber: true, value: (one) => one.costMinor, cell: (one) => minorMoney(one.costMinor, currency) },
    { id: "impressions", title: t.columns.impressions, isNumber: true, value: (one) => one.impressions, cell: (one) => count(one.impressions) },
  ];
}

function listColumns(currency: string, most: number, nameOf: NameOf): readonly Column<PlanLine>[] {
  return [
    { id: "when", title: t.columns.when, isHeader: true, value: (line) => line.time_slot, cell: (line) => <Link to={hourAddress(line)}>{`${dateLabel(line.time_slot.slice(0, 10))}, ${line.time_slot.slice(11, 16)}`}</Link> },
    { id: "screen", title: t.columns.screen, value: (line) => line.location, cell: (line) => <>{nameOf(line.location)} <span className="quiet">{line.location}</span></> },
    { id: "positions", title: t.columns.positions, isNumber: true, value: (line) => line.positions, cell: (line) => count(line.positions) },
    { id: "cost", title: t.columns.cost, isNumber: true, value: (line) => Number(line.cost), cell: (line) => money(line.cost, currency) },
    { id: "impressions", title: t.columns.impressions, isNumber: true, value: (line) => line.impressions, cell: (line) => <Interval line={line} most={most} /> },
    { id: "low", title: t.columns.low, isNumber: true, value: (line) => line.impressions_range?.p10 ?? null, cell: (line) => decimal(line.impressions_range?.p10, 1) },
    { id: "high", title: t.columns.high, isNumber: true, value: (line) => line.impressions_range?.p90 ?? null, cell: (line) => decimal(line.impressions_range?.p90, 1) },
  ];
}

/** The hour in the explorer, with the reasons of its price. */
function hourAddress({ location, time_slot: slot }: PlanLine): string {
  return `/explore?from=${slot.slice(0, 10)}&screens=${encodeURIComponent(location)}&hour=${encodeURIComponent(`${location}@${toInstant(slot)}`)}`;
}

function Interval({ line, most }: { line: PlanLine; most: number }) {
  const { impressions_range: range, impressions } = line;
  return range == null ? <>{decimal(impressions, 1)}</> : <RangeBar {...range} max={most} format={(value) => decimal(value, 1)} isBare />;
}
