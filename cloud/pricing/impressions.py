"""Impressions of one play, in tiers of rising quality: gross, OTS, LTS, audience.

A spot plays once in each loop. A person who stays D sees at least `least_s` of a play when arriving
up to D - least_s before its end or spot - least_s after its start, so a play earns arrivals x
E[D + spot - 2 least; D >= least]. Neither a mean dwell nor a share of the hour gives that number.
Attention is taken as one stretch of the visit. The tiers have the trade's names; no conformity with
a standard is claimed. Derivation: `docs/pricing.md`.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from cloud.forecast.intervals.interval import Interval
from cloud.pricing.dwell_curve import DwellCurve

FORMULA: Final = "impressions-2"
Z90: Final = 1.2815515655446004
"""The P90 of a normal distribution, in standard deviations."""
HOUR_S: Final = 3600
SUPPRESSED_BELOW: Final = 10
"""A demographic cell of fewer people than this is not shown."""

Floats = NDArray[np.float64]
Basis = Literal["sensor_measured", "modelled"]


class ImpressionError(ValueError):
    """An invalid play or audience."""


class Tier(StrEnum):
    """The tier of an impression count; a count is never shown without it."""

    GROSS = "gross"  # in view for any part of the play
    OTS = "viewable_ots"  # for at least a second of it
    LTS = "lts"  # looked at the screen for at least a second of it
    AUDIENCE = "audience"  # and of known age and gender


@dataclass(frozen=True, slots=True)
class Spot:
    """A spot that is played once in each loop. `least_s` in view makes an opportunity to see."""

    spot_s: float
    loop_s: float
    least_s: float = 1.0

    def __post_init__(self) -> None:
        if not (0 < self.spot_s <= self.loop_s <= HOUR_S and 0 <= self.least_s <= self.spot_s):
            raise ImpressionError(
                f"a spot of {self.spot_s} s in a loop of {self.loop_s} s, seen from "
                f"{self.least_s} s on: expected 0 < spot <= loop <= {HOUR_S} and least <= spot"
            )

    @property
    def plays_per_hour(self) -> Decimal:
        """One play in each loop."""
        return HOUR_S / Decimal(str(self.loop_s))

    @property
    def voice_share(self) -> float:
        """Share of voice: of the screen's time."""
        return self.spot_s / self.loop_s


@dataclass(frozen=True, slots=True)
class CountCalibration:
    """The people behind one counted person: 1 / recall, with its relative deviation."""

    factor: float = 1.0
    deviation: float = 0.0
    version: str = "none"

    def __post_init__(self) -> None:
        if not (0 < self.factor <= 100 and 0 <= self.deviation <= 100):
            raise ImpressionError(
                f"calibration {self.factor} +- {self.deviation}: expected a factor above 0 and at "
                "most 100, and a deviation from 0 on"
            )


@dataclass(frozen=True, slots=True)
class Provenance:
    """Who measured with what, until when: with these the same numbers come out again."""

    basis: Basis
    measured_by: str
    visits: int
    reason: str
    cutoff_at: datetime | None
    forecast: str
    calibration: CountCalibration = CountCalibration()
    formula: str = FORMULA


@dataclass(frozen=True, slots=True)
class VisitorImpressions:
    """What one person who comes into view is worth to a spot, on average.

    Times the arrivals during one second, each figure is what one play earns.
    """

    gross_s: float
    ots_s: float
    lts_s: float
    spot_s: float
    seen_share: float
    """Of the people who pass, those who get at least one play of the spot for `least_s`."""
    ots_error: float
    lts_error: float
    """Relative standard errors, of the number of visits behind the histograms."""


@dataclass(frozen=True, slots=True)
class PlayImpressions:
    """Impressions of one play by tier, each with its P10, P50 and P90.

    `audience` is by demographic cell and None where people are only counted.
    """

    gross: Interval
    ots: Interval
    lts: Interval
    audience: Mapping[str, Interval] | None
    attention_s: Interval
    seen_share: float
    provenance: Provenance


def compute_visitor_impressions(
    dwell: DwellCurve, looking: DwellCurve, spot: Spot
) -> VisitorImpressions:
    """The ladder without the arrivals; they only multiply it."""
    ots_s = _opportunity_s(dwell, spot)
    lts_s = min(ots_s, _opportunity_s(looking, spot))
    return VisitorImpressions(
        gross_s=spot.spot_s + dwell.mean_s,
        ots_s=ots_s,
        lts_s=lts_s,
        spot_s=spot.spot_s,
        seen_share=_seen_share(dwell, spot),
        ots_error=_error(dwell, spot, ots_s),
        lts_error=_error(looking, spot, lts_s),
    )


def compute_play_impressions(
    entries: Interval,
    person: VisitorImpressions,
    provenance: Provenance,
    *,
    attention_s: Interval,
    cells: Mapping[str, int] | None = None,
) -> PlayImpressions:
    """Impressions of one play in an hour that `entries` people come into view in.

    `attention_s` are the attention seconds of the hour that the price is computed from. They are
    divided among the plays by time, so that an hour has one figure of attention and not two.
    `cells` are the people by demographic cell on whom the shares rest, those with an "unknown" in
    their name among them.
    """
    calibration = provenance.calibration
    known = calibration.deviation / calibration.factor
    per_s = calibration.factor / HOUR_S
    lts = _scaled(entries, person.lts_s * per_s, math.hypot(known, person.lts_error))
    return PlayImpressions(
        gross=_scaled(entries, person.gross_s * per_s, math.hypot(known, person.ots_error)),
        ots=_scaled(entries, person.ots_s * per_s, math.hypot(known, person.ots_error)),
        lts=lts,
        audience=None if cells is None else _audience(lts, cells),
        attention_s=_scaled(attention_s, person.spot_s * per_s, known),
        seen_share=person.seen_share,
        provenance=provenance,
    )


def compute_lts_columns(entries: Floats, person: VisitorImpressions) -> Floats:
    """LTS impressions of one play in many hours: `Ladder.lts` as (P10 P50 P90, hours).

    `entries` has the same shape; uncalibrated, as a ladder is without a calibration.
    """
    middle = entries[1] * person.lts_s / HOUR_S
    error = Z90 * person.lts_error
    is_empty = entries[1] <= 0
    with np.errstate(divide="ignore", invalid="ignore"):
        below = np.hypot(np.log(entries[1] / entries[0]), error)
        above = np.hypot(np.log(entries[2] / entries[1]), error)
        least = np.where(is_empty, 0.0, middle * np.exp(-below))
        most = np.where(
            is_empty, entries[2] * person.lts_s / HOUR_S * np.exp(error), middle * np.exp(above)
        )
    return np.stack([least, middle, most])


def compute_arrivals(crowd: float, dwell_mean_s: float) -> float:
    """People entering per hour where only the crowd is counted: Little's law."""
    if not (crowd >= 0 and dwell_mean_s > 0):
        raise ImpressionError(
            f"a crowd of {crowd} that stays {dwell_mean_s} s: expected a crowd from 0 on and a time"
        )
    return HOUR_S * crowd / dwell_mean_s


def _opportunity_s(times: DwellCurve, spot: Spot) -> float:
    """E[D + spot - 2 least; D >= least]: the window of arrivals that a play is seen by."""
    least_s = spot.least_s
    return (spot.spot_s - least_s) * times.still_there(least_s) + times.beyond_s(least_s)


def _seen_share(times: DwellCurve, spot: Spot) -> float:
    """E[min(1, (D + spot - 2 least) / loop); D >= least]."""
    least_s = spot.least_s
    certain_s = max(least_s, spot.loop_s - spot.spot_s + 2 * least_s)
    window_s = (spot.spot_s - least_s) * times.still_there(least_s)
    window_s += times.until_s(certain_s) - times.until_s(least_s)
    return min(1.0, window_s / spot.loop_s)


def _error(times: DwellCurve, spot: Spot, mean_s: float) -> float:
    if not times.people or not mean_s:
        return 0.0

    def window_s(stay_s: float) -> float:
        return stay_s + spot.spot_s - 2 * spot.least_s if stay_s >= spot.least_s else 0.0

    return times.spread(window_s) / mean_s / math.sqrt(times.people)


def _audience(lts: Interval, cells: Mapping[str, int]) -> dict[str, Interval]:
    people = sum(cells.values())
    return {
        cell: Interval(*(value * count / people for value in (lts.p10, lts.p50, lts.p90)))
        for cell, count in cells.items()
        if count >= SUPPRESSED_BELOW and "unknown" not in cell.split()
    }


def _scaled(entries: Interval, per_entry: float, error: float) -> Interval:
    """Arrivals x a figure with a relative `error`: logarithms add in quadrature."""
    if not entries.p50:
        return Interval(0.0, 0.0, entries.p90 * per_entry * math.exp(Z90 * error))
    middle = entries.p50 * per_entry
    below = math.hypot(_log_ratio(entries.p50, entries.p10), Z90 * error)
    above = math.hypot(_log_ratio(entries.p90, entries.p50), Z90 * error)
    return Interval(middle * math.exp(-below), middle, middle * math.exp(above))


def _log_ratio(more: float, less: float) -> float:
    return math.log(more / less) if less else math.inf
