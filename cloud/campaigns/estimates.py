"""The audience of a line in an hour: measured, or estimated where it was not, with its interval.

Missing is not zero. Plays whose audience was not observed are estimated, in this order:

1. `measured`: from the observed part of the creative's own time in the hour. Of N plays of which
   the share f was observed, the total is the observed sum divided by f. Its variance is that of a
   ratio estimate with a finite population: dispersion * total * (1 - f) / f.
2. `hour`: from all people of the hour, where time is not attributed to creatives. The creative has
   a part g of the hour: the variance is dispersion * total * (1 - g).
3. `forecast`: from the forecast of the screen, with its P10 and P90.

Plays of which nobody knows whether they took place (no log covers the hour, and the camera reported
less than all of it) are not counted; the upper limits include them as booked. A log that does not
cover the hour has some of the booked plays, and says nothing of the others. The error of the
cameras themselves is no part of the intervals.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cloud.campaigns.attribution import LineHour
from cloud.campaigns.booked_hours import HourKey
from cloud.campaigns.interval_sum import IntervalSum
from cloud.campaigns.screen_hours import ScreenHour
from cloud.campaigns.usual_audience import UsualHour
from cloud.forecast.intervals.interval import Interval
from cloud.sites.site_model import Loop

DISPERSION: Final = 6.0
"""Variance of the people in view during a play, divided by their mean: people come in groups of up
to six. A test draws arrivals in such groups and counts how often the interval holds."""
HOUR_S: Final = 3_600
HOUR_MS: Final = 3_600_000
NEGLIGIBLE_SHARE: Final = 0.02
"""Of an hour: a minute without a report, such as a restart of the agent, loses no play."""
DAY_S: Final = 86_400


class AudienceBasis(StrEnum):
    """What the audience of some plays is based on."""

    MEASURED = "measured"
    HOUR = "hour"
    FORECAST = "forecast"
    UNKNOWN = "unknown"  # neither a measurement nor a forecast


@dataclass(frozen=True, slots=True)
class EstimatedHour:
    """An hour of a line with the audience of its plays.

    `expected_ms` is the camera time of its plays, booked ones where the plays are unknown, and
    `observed_ms` the part of it that was measured. `ordered_milli` are the plays that the booked
    time holds, in thousandths, `unknown_milli` those of which nobody knows whether they took place.
    """

    hour: LineHour
    basis: AudienceBasis
    ordered_milli: int
    unknown_milli: int
    expected_ms: int
    observed_ms: int
    ots: IntervalSum
    viewers: IntervalSum
    attention_s: IntervalSum


def needs_forecast(hour: LineHour, screens: Mapping[HourKey, ScreenHour]) -> bool:
    """Whether some audience of an hour can only be estimated from the forecast."""
    screen = screens.get(hour.booked.key)
    is_open = compute_unknown_share(hour, screen) > 0
    return is_open or _choose_basis(hour, screen) is AudienceBasis.FORECAST


def compute_unknown_share(hour: LineHour, screen: ScreenHour | None) -> float:
    """The part of an hour of which nobody knows what was shown."""
    if hour.is_covered:
        return 0.0
    if hour.measured_plays is None:
        return 1.0
    if screen is None:
        return 0.0
    share = 1.0 - screen.reported_ms / HOUR_MS
    return share if share > NEGLIGIBLE_SHARE else 0.0


def estimate_hour(
    hour: LineHour, loop: Loop, screen: ScreenHour | None, usual: UsualHour | None
) -> EstimatedHour:
    """The audience of one hour of a line."""
    ordered_milli = 1_000 * hour.booked.booked_s // loop.length_s
    unknown_milli = _compute_unknown_milli(hour, screen, ordered_milli)
    plays_milli = 1_000 * (hour.plays or 0) + unknown_milli
    expected_ms = max(1, hour.cameras) * plays_milli * loop.spot_s
    basis = _choose_basis(hour, screen)
    if basis is AudienceBasis.FORECAST and usual is None:
        basis = AudienceBasis.UNKNOWN
    found = EstimatedHour(
        hour=hour,
        basis=basis,
        ordered_milli=ordered_milli,
        unknown_milli=unknown_milli,
        expected_ms=expected_ms,
        observed_ms=min(expected_ms, hour.own_observed_ms or 0),
        ots=IntervalSum(),
        viewers=IntervalSum(),
        attention_s=IntervalSum(),
    )
    _add_audience(found, loop, screen, usual)
    return found


def _compute_unknown_milli(hour: LineHour, screen: ScreenHour | None, ordered_milli: int) -> int:
    unknown_milli = round(ordered_milli * compute_unknown_share(hour, screen))
    if hour.logged_plays is None:
        return unknown_milli
    return min(unknown_milli, max(0, ordered_milli - 1_000 * (hour.plays or 0)))


def _choose_basis(hour: LineHour, screen: ScreenHour | None) -> AudienceBasis:
    if hour.plays == 0 or (hour.plays and hour.observed_ms and hour.own_observed_ms):
        return AudienceBasis.MEASURED
    if hour.plays and screen is not None and screen.observed_ms:
        return AudienceBasis.HOUR
    return AudienceBasis.FORECAST


def _add_audience(
    found: EstimatedHour, loop: Loop, screen: ScreenHour | None, usual: UsualHour | None
) -> None:
    hour = found.hour
    if found.unknown_milli and usual is not None:
        _add_bounds(found, usual, found.unknown_milli / 1_000, loop.spot_s)
    if hour.plays is None:
        return
    if found.basis is AudienceBasis.FORECAST and usual is not None:
        _add_forecast(found, usual, hour.plays, loop.spot_s)
    elif found.basis is AudienceBasis.HOUR and screen is not None:
        share = min(1.0, hour.plays * loop.spot_s / HOUR_S)
        for whole_ms, total in ((screen.person_ms, found.ots), (screen.looking_ms, found.viewers)):
            total.add(*_estimate(hour.plays, whole_ms, screen.observed_ms, 1.0 - share))
        found.attention_s.combine(found.viewers.multiply(loop.spot_s * screen.cameras))
    elif hour.plays and hour.observed_ms and hour.own_observed_ms:
        own_ms = hour.own_observed_ms
        _add_measured(found, hour.plays, hour.observed_ms, own_ms, loop.spot_s)


def _add_measured(
    found: EstimatedHour, plays: int, observed_ms: int, own_observed_ms: int, spot_s: int
) -> None:
    hour = found.hour
    share = min(1.0, own_observed_ms / (1_000 * max(1, hour.cameras) * plays * spot_s))
    unsure = (1.0 - share) / share
    for time_ms, total in ((hour.person_ms, found.ots), (hour.looking_ms, found.viewers)):
        total.add(*_estimate(plays, time_ms, observed_ms, unsure))
    own_looking_ms = hour.looking_ms * own_observed_ms / observed_ms
    people = plays * hour.looking_ms / observed_ms
    error_s = math.sqrt(DISPERSION * people * unsure) * spot_s
    found.attention_s.add(own_looking_ms / 1_000 / share, error_s)


def _estimate(plays: int, time_ms: int, observed_ms: int, unsure: float) -> tuple[float, float]:
    """People during all plays, and the standard deviation of that."""
    people = 1_000 * plays * time_ms // observed_ms / 1_000  # thousandths, as in the mart
    return people, math.sqrt(DISPERSION * people * unsure)


def _add_forecast(found: EstimatedHour, usual: UsualHour, plays: int, spot_s: int) -> None:
    key = found.hour.booked.key
    group = key.location, key.hour_at // DAY_S
    found.ots.add_in_group(group, _multiply(usual.crowd, plays))
    found.viewers.add_in_group(group, _multiply(usual.looking, plays))
    found.attention_s.add_in_group(group, _multiply(usual.looking, plays * spot_s * usual.cameras))


def _add_bounds(found: EstimatedHour, usual: UsualHour, plays: float, spot_s: int) -> None:
    found.ots.add_bound(usual.crowd.p90 * plays)
    found.viewers.add_bound(usual.looking.p90 * plays)
    found.attention_s.add_bound(usual.looking.p90 * plays * spot_s * usual.cameras)


def _multiply(interval: Interval, times: float) -> Interval:
    return Interval(interval.p10 * times, interval.p50 * times, interval.p90 * times)
