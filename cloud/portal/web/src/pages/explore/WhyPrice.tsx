import { useGet, type Schema } from "../../api/client";
import { RangeBar } from "../../charts/RangeBar";
import { Waterfall } from "../../charts/Waterfall";
import type { WaterfallStep } from "../../charts/steps";
import { Card, DataView, Empty, Figure, Figures, Notice } from "../../design";
import { money } from "../../format/money";
import { count, decimal, share } from "../../format/number";
import { dateText, duration, instantWithZone } from "../../format/time";
import { why as t } from "../../text/en/explore";
import { AddHour } from "./AddHour";
import { dateLabel } from "./hours";
import type { ChosenHour } from "./state";

export type Price = Schema<"PriceResponse">;

interface WhyPriceProps {
  hour: ChosenHour | null;
  /** The same hour of all shown days that can be bought. */
  sameHours: readonly string[];
}

/** The price of the chosen hour: its factors with reasons, its range, what it is based on, and the basket. */
export function WhyPrice({ hour, sameHours }: WhyPriceProps) {
  if (hour === null) return <Empty title={t.chooseHour}>{t.chooseHourDetail}</Empty>;
  return <ChosenPrice key={`${hour.location}@${hour.startsAt}`} hour={hour} sameHours={sameHours} />;
}

function ChosenPrice({ hour, sameHours }: WhyPriceProps & { hour: ChosenHour }) {
  const price = useGet("/api/pricing/slot/{location}/{time_slot}", { params: { path: { location: hour.location, time_slot: hour.startsAt } } });
  return <DataView query={price}>{(found) => <PriceCard price={found} sameHours={sameHours} />}</DataView>;
}

/** `Mon 30 Nov 2026, 08:00` on the clock of the screen. */
function whenText({ slot: { local } }: Price): string {
  return `${dateLabel(local.slice(0, 10))}, ${local.slice(11, 16)}`;
}

function PriceCard({ price, sameHours }: { price: Price; sameHours: readonly string[] }) {
  const { currency, expected, availability } = price;
  return (
    <Card title={t.title}>
      <div className="why-head">
        <div>
          <h3>{price.name}</h3>
          <p className="quiet">{whenText(price)} · {availability.sentence}</p>
        </div>
        <p className="why-price number"><strong>{money(price.price, currency)}</strong><span className="quiet">{t.oneHour}</span></p>
      </div>
      {price.override != null && <Notice>{t.computed(money(price.override.computed_price, currency), price.override.author, price.override.reason)}</Notice>}
      <AddHour price={price} sameHours={sameHours} />
      <Waterfall caption={t.steps(price.name, whenText(price))} steps={listSteps(price)} />
      <Figures>
        <Figure label={t.priceRange} value={<PriceRange price={price} />} note={t.priceRangeNote} />
        <Figure label={t.people} value={<RangeBar {...expected.entries} format={count} />} />
        <Figure label={t.looking} value={<RangeBar {...expected.onlookers} max={expected.entries.p90 * 1.1} format={count} />} />
        <Figure label={t.attention} value={<RangeBar {...expected.attention_s} format={count} />} />
      </Figures>
      <PriceBasis price={price} />
    </Card>
  );
}

function PriceRange({ price }: { price: Price }) {
  const { price_p10: p10, price: p50, price_p90: p90, currency } = price;
  return <RangeBar p10={Number(p10)} p50={Number(p50)} p90={Number(p90)} format={(value) => money(value.toFixed(2), currency)} />;
}

/** The base rate, each factor with its reason, and the price. */
export function listSteps(price: Price): readonly WaterfallStep[] {
  const { currency } = price;
  const amount = (text: string) => ({ value: Number(text), valueText: money(text, currency) });
  return [
    { id: "base", label: t.base, reason: t.baseReason, ...amount(price.base_rate) },
    ...price.factors.map((factor, at) => ({
      id: `${at} ${factor.name}`,
      label: t.factorNames[factor.name] ?? sentenceCase(factor.name),
      change: t.times(decimal(Number(factor.value), 3)),
      reason: factor.reason,
      ...amount(factor.product),
    })),
    { id: "price", label: t.price, reason: t.rounded, ...amount(price.price) },
  ];
}

const sentenceCase = (name: string) => name.charAt(0).toUpperCase() + name.slice(1);

function PriceBasis({ price: { basis, versions } }: { price: Price }) {
  const cameras = basis.cameras_expected === 0 || basis.observed_share === null ? t.noCameras : t.cameras(basis.cameras_reporting, basis.cameras_expected, share(basis.observed_share));
  const age = basis.data_age_s === null ? t.nothingMeasured : t.newest(duration(basis.data_age_s));
  const published = versions.published_on == null ? "" : t.published(dateText(versions.published_on));
  return (
    <div className="why-basis quiet">
      <p><strong>{t.basis}</strong> {sentenceCase(basis.reason)}. {age} {cameras}</p>
      <p><strong>{t.versions}</strong> {t.versionsOf(versions.rate_card, versions.rate_card_digest, versions.forecast, instantWithZone(versions.forecast_made_at))} {published}</p>
    </div>
  );
}
