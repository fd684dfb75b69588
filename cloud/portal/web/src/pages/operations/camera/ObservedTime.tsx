import { useMemo } from "react";
import { useGet } from "../../../api/client";
import { DataView, Empty, Table, type Column } from "../../../design";
import { decimal } from "../../../format/number";
import { clockText, duration, instantText } from "../../../format/time";
import { common } from "../../../text/en";
import { camera as t } from "../../../text/en/operations/fleet";
import { listCauses, listHours, type ObservedHour } from "./observed";
import { CauseSwatch, causeFill } from "./causes";

const HOURS = 24;
const HOUR_MS = 3_600_000;

/** The observed time of the last 24 hours, and the causes of the rest. */
export function ObservedTime({ device, location }: { device: string; location: string }) {
  const until = useMemo(() => new Date(Math.ceil(Date.now() / HOUR_MS) * HOUR_MS), []);
  const from = useMemo(() => new Date(until.getTime() - HOURS * HOUR_MS), [until]);
  const query = useGet("/api/audience", { params: { query: { by: ["device", "hour"], location, from: from.toISOString(), until: until.toISOString() } } });
  return (
    <DataView query={query} isEmpty={(data) => !data.cells.some((one) => one.device === device)} empty={<Empty title={t.observedEmpty}>{t.observedEmptyDetail}</Empty>}>
      {(data) => <Bars hours={listHours(data.cells, device, from, HOURS)} />}
    </DataView>
  );
}

function Bars({ hours }: { hours: readonly ObservedHour[] }) {
  const causes = listCauses(hours);
  return (
    <div className="stack">
      <p className="quiet">{t.observedLead}</p>
      <div className="row" aria-label={common.legend}>
        {causes.map((cause) => <span key={cause} className="legend-item"><CauseSwatch cause={cause} />{nameCause(cause)}</span>)}
      </div>
      <div className="observed-bars" aria-hidden="true">{hours.map((hour) => <Bar key={hour.startsAt} hour={hour} />)}</div>
      <details>
        <summary>{common.asTable}</summary>
        <Table caption={t.observed} columns={newColumns(causes)} rows={hours} rowKey={(hour) => hour.startsAt} isPlain />
      </details>
    </div>
  );
}

function Bar({ hour }: { hour: ObservedHour }) {
  const whole = hour.parts.reduce((sum, one) => sum + one.seconds, 0);
  const words = hour.parts.map((one) => `${nameCause(one.cause)} ${duration(one.seconds)}`).join(", ");
  let at = 0;
  return (
    <div className="observed-hour" title={t.barLabel(clockText(hour.startsAt), words)}>
      <span>{clockText(hour.startsAt)}</span>
      <div className="observed-bar">
        <svg viewBox="0 0 100 10" preserveAspectRatio="none">
          {hour.parts.map((part) => {
            const [x, width] = [at, (part.seconds / whole) * 100];
            at += width;
            return <rect key={part.cause} x={x} width={width} height={10} fill={causeFill(part.cause)} />;
          })}
        </svg>
      </div>
    </div>
  );
}

function newColumns(causes: readonly string[]): readonly Column<ObservedHour>[] {
  const seconds = (hour: ObservedHour, cause: string) => hour.parts.find((one) => one.cause === cause)?.seconds ?? 0;
  return [
    { id: "hour", title: t.hour, isHeader: true, cell: (hour) => instantText(hour.startsAt) },
    ...causes.map((cause): Column<ObservedHour> => ({ id: cause, title: `${nameCause(cause)}, ${t.minutesOf.toLowerCase()}`, isNumber: true, cell: (hour) => decimal(seconds(hour, cause) / 60) })),
  ];
}

const nameCause = (cause: string): string => t.causes[cause] ?? cause;
