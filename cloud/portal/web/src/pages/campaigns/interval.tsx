import type { Schema } from "../../api/client";
import { Figure } from "../../design";
import { count, decimal } from "../../format/number";
import { money } from "../../format/money";
import { campaigns as t } from "../../text/en/campaigns";

type Interval = Schema<"IntervalDocument">;
type Cost = Schema<"CostDocument">;

/** Large figures without decimals, small ones with two significant digits. */
export function figureText(value: number): string {
  return Math.abs(value) >= 100 ? count(value) : decimal(value, Math.abs(value) >= 1 ? 1 : 2);
}

/** The middle with P10 and P90 below it; a dash with the reason where nothing is known. */
export function IntervalFigure({ label, interval, unit }: { label: string; interval: Interval | null; unit?: string }) {
  if (interval === null) return <Figure label={label} value={null} reason={t.noAudience} />;
  return <Figure label={label} value={figureText(interval.value)} unit={unit} note={t.range(figureText(interval.low), figureText(interval.high))} />;
}

export function CostFigure({ label, cost, currency }: { label: string; cost: Cost | null; currency: string | undefined }) {
  if (cost === null || currency === undefined) return <Figure label={label} value={null} reason={currency === undefined ? t.severalCurrencies : t.noAudience} />;
  return <Figure label={label} value={money(cost.value, currency)} note={t.range(money(cost.low, currency), money(cost.high, currency))} />;
}
