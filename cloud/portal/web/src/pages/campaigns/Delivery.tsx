import type { Schema } from "../../api/client";
import { Card, Figure, Figures, Table, type Column } from "../../design";
import { Missing } from "../../format/Missing";
import { money } from "../../format/money";
import { count, share } from "../../format/number";
import type { Places } from "../../places/use-places";
import { campaigns as t } from "../../text/en/campaigns";
import { CostFigure, IntervalFigure, figureText } from "./interval";
import { Observation } from "./Observation";
import { PacingCard } from "./PacingCard";
import type { Performance } from "./use-live-performance";

type Part = Schema<"PartDocument">;

export function Delivery({ performance, places }: { performance: Performance; places: Places }) {
  const { totals, currencies } = performance;
  const currency = currencies.length === 1 ? currencies[0] : undefined;
  const unknown = totals.unknown_plays > 0 ? ` · ${t.unknownPlays(totals.unknown_plays)}` : "";
  return (
    <div className="stack">
      <Figures>
        <IntervalFigure label={t.attention} interval={totals.attention_s} unit={t.attentionUnit} />
        <IntervalFigure label={t.ots} interval={totals.ots} />
        <IntervalFigure label={t.viewers} interval={totals.viewers} />
        <Figure label={t.plays} value={count(totals.plays)} note={t.playsOf(totals.booked_plays) + unknown} />
      </Figures>
      <PacingCard pacing={performance.pacing} />
      <Observation campaign={performance.id} at={performance.at} />
      <Figures>
        <Figure label={t.price} value={currency === undefined ? null : money(totals.price, currency)} reason={t.severalCurrencies} />
        <CostFigure label={t.cost} cost={totals.cost_per_thousand} currency={currency} />
        <CostFigure label={t.costAttention} cost={totals.cost_per_thousand_attention_s} currency={currency} />
      </Figures>
      <Measured totals={totals} />
      <Card title={t.parts}><Table caption={t.partsCaption} columns={partColumns(places)} rows={performance.parts} rowKey={(part) => part.key} /></Card>
    </div>
  );
}

function Measured({ totals }: { totals: Schema<"TotalsDocument"> }) {
  const { measured } = totals;
  const has = measured.plays > 0;
  const value = (found: number) => (has ? figureText(found) : null);
  return (
    <Card title={t.measured}>
      <p className="quiet">{t.measuredNote}{measured.priced_share !== null && ` ${t.priced(measured.priced_share)}.`}</p>
      <Figures>
        <Figure label={t.measuredAttention} value={value(measured.attention_s)} unit={t.attentionUnit} reason={t.noAudience} />
        <Figure label={t.measuredOts} value={value(measured.ots)} reason={t.noAudience} />
        <Figure label={t.measuredViewers} value={value(measured.viewers)} reason={t.noAudience} />
      </Figures>
    </Card>
  );
}

function partColumns(places: Places): readonly Column<Part>[] {
  const known = (interval: Part["ots"]) => (interval === null ? <Missing reason={t.noAudience} /> : figureText(interval.value));
  return [
    { id: "screen", title: t.screen, isHeader: true, value: (part) => places.name(part.key), cell: (part) => places.name(part.key) },
    { id: "plays", title: t.plays, isNumber: true, value: (part) => part.plays, cell: (part) => `${count(part.plays)} / ${count(part.booked_plays)}` },
    { id: "attention", title: t.attention, isNumber: true, value: (part) => part.attention_s?.value ?? null, cell: (part) => known(part.attention_s) },
    { id: "ots", title: t.ots, isNumber: true, value: (part) => part.ots?.value ?? null, cell: (part) => known(part.ots) },
    { id: "viewers", title: t.viewers, isNumber: true, value: (part) => part.viewers?.value ?? null, cell: (part) => known(part.viewers) },
    { id: "observed", title: t.observedShare, isNumber: true, value: (part) => part.observed_share, cell: (part) => share(part.observed_share) },
  ];
}
