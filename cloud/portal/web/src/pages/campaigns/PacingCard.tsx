import type { CSSProperties } from "react";
import type { Schema } from "../../api/client";
import { Badge, Card, Figure, Figures, type Tone } from "../../design";
import { count, share } from "../../format/number";
import { campaigns as t } from "../../text/en/campaigns";
import { pacingState, scaleOf, type PacingState } from "./pacing";

type Pacing = Schema<"PacingDocument">;

const TONES: Record<PacingState, Tone> = { behind: "bad", ahead: "info", onTrack: "good", uncertain: "neutral" };

export function PacingCard({ pacing }: { pacing: Pacing }) {
  const state = pacingState(pacing.ratio);
  return (
    <Card title={t.pacing} actions={<Badge tone={TONES[state]}>{t[state]}</Badge>}>
      <p className="quiet">{t.pacingLead}</p>
      {pacing.delivered_share === null ? <p>{t.noPacing}</p> : <Meter pacing={pacing} delivered={pacing.delivered_share} />}
      <Figures>
        <Figure label={t.goal} value={count(pacing.goal_ots)} unit={t.otsUnit} />
        <Figure label={t.ratio} value={pacing.ratio && share(pacing.ratio.value)} reason={t.uncertain} note={pacing.ratio && t.range(share(pacing.ratio.low), share(pacing.ratio.high))} />
        <Figure label={t.projection} value={count(pacing.projected_ots.value)} unit={t.otsUnit} note={pacing.projected_share && t.ofGoal(share(pacing.projected_share.value))} />
      </Figures>
    </Card>
  );
}

function Meter({ pacing, delivered }: { pacing: Pacing; delivered: Schema<"IntervalDocument"> }) {
  const at = scaleOf(pacing);
  const range: CSSProperties = { insetInlineStart: at(delivered.low), width: `calc(${at(delivered.high)} - ${at(delivered.low)})` };
  const summary = t.pacingText(share(delivered.value, 1), share(pacing.expected_share, 1));
  return (
    <div className="meter">
      <div className="track" role="img" aria-label={summary}>
        <span className="fill" style={{ width: at(delivered.value) }} />
        <span className="range" style={range} />
        {pacing.expected_share !== null && <span className="mark" style={{ insetInlineStart: at(pacing.expected_share) }} />}
      </div>
      <div className="legend" aria-hidden="true">
        <span className="is-delivered">{t.delivered} {share(delivered.value, 1)}</span>
        <span className="is-range">{t.range(share(delivered.low, 1), share(delivered.high, 1))}</span>
        <span className="is-expected">{t.expected} {share(pacing.expected_share, 1)}</span>
      </div>
    </div>
  );
}
