import type { Schema } from "../../api/client";
import { count } from "../../format/number";
import { dateText } from "../../format/time";
import { campaigns as t } from "../../text/en/campaigns";
import { figureText } from "./interval";

const HEIGHT = 100;
const WIDTH = 10;
const GAP = 3;
const WIDEST = 4;

/** A bar for each day; a day of which nothing is known has a dashed frame, not a bar of zero. */
export function DayBars({ steps }: { steps: readonly Schema<"HistoryStep">[] }) {
  const values = steps.map((step) => step.attention_s?.value ?? null);
  const top = Math.max(1, ...values.map((value) => value ?? 0));
  const total = values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
  const width = Math.max(steps.length, WIDEST * 5) * (WIDTH + GAP);
  return (
    <svg className="day-bars" viewBox={`0 0 ${width} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={t.historyText(steps.length, count(total))}>
      {steps.map((step, place) => {
        const value = values[place] ?? null;
        const height = value === null ? HEIGHT * 0.9 : (HEIGHT * value) / top;
        return (
          <rect key={step.starts_at} className={value === null ? "unknown" : "bar"} x={place * (WIDTH + GAP)} y={HEIGHT - height} width={WIDTH} height={height} vectorEffect="non-scaling-stroke">
            <title>{`${dateText(step.starts_at, "UTC")}: ${value === null ? t.noAudience : figureText(value)}`}</title>
          </rect>
        );
      })}
    </svg>
  );
}
