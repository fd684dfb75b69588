"""Pacing: what a campaign has delivered against what was to be expected by now.

What is expected follows the forecast of the audience, hour by hour, not the calendar: a campaign
that has its busiest hours at the end of the day is not late at noon. With planned audience
`a(h) = booked plays * people in view by the forecast`:

    expected share = sum of a(h) over elapsed time / sum of a(h) over the flight
    ratio          = delivered opportunities to see / (goal * expected share)
    projection     = delivered + share of plays that take place * remaining a(h)

The goal is the guarantee, or else the planned audience of the flight.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cloud.campaigns.booked_hours import (
    BookedHour,
    CampaignLine,
    list_booked_hours,
    to_seconds,
)
from cloud.campaigns.estimates import DAY_S, HOUR_S, EstimatedHour
from cloud.campaigns.interval_sum import IntervalSum
from cloud.campaigns.line_hours import find_loop
from cloud.campaigns.totals import sum_hours
from cloud.campaigns.usual_audience import UsualAudience, UsualHour
from cloud.forecast.intervals.interval import Interval

PRIOR_PLAYS: Final = 60.0
"""Plays as booked that count beside the observed ones: an hour of one position, once a minute."""
MOST_PLAY_RATE: Final = 1.0


@dataclass(frozen=True, slots=True)
class Pacing:
    """The pacing of some lines; figures are None where nothing is expected or known.

    `planned_ots` is the forecast audience of the whole flight, `play_rate` the share of booked
    plays that took place.
    """

    planned_ots: float
    goal_ots: float
    expected_share: float | None
    delivered_share: Interval | None
    ratio: Interval | None
    play_rate: float
    projection: Interval

    @property
    def projected_share(self) -> Interval | None:
        """The projection as a share of the goal."""
        return _divide(self.projection, self.goal_ots)


@dataclass(slots=True)
class _Plan:
    """Planned audience: of the flight, of what has elapsed, and of the rest."""

    whole: float = 0.0
    elapsed: float = 0.0


def compute_pacing(
    lines: Mapping[str, CampaignLine],
    delivered: Iterable[EstimatedHour],
    usual: UsualAudience,
    now: datetime,
    *,
    goal_ots: int | None = None,
) -> Pacing:
    """The pacing of sold lines, whose hours until now are `delivered`."""
    now_s, hours = to_seconds(now), list(delivered)
    sold = [line for line in lines.values() if line.is_sold]
    booked = [(line, hour) for line in sold for hour in list_booked_hours(line)]
    forecasts = usual.read(hour.key for _, hour in booked)
    rate = compute_play_rate(hours, now_s)
    plan, remaining = _Plan(), IntervalSum()
    for line, hour in booked:
        forecast = forecasts.get(hour.key)
        if forecast is not None:
            coming = 1.0 - _compute_elapsed(line, hour, now_s)
            _add_hour(plan, remaining, hour, _count_plays(hour, usual), forecast, coming, rate)
    totals = sum_hours(hours)
    goal = float(goal_ots) if goal_ots is not None else plan.whole
    share = plan.elapsed / plan.whole if plan.whole else None
    remaining.combine(totals.ots)
    return Pacing(
        planned_ots=plan.whole,
        goal_ots=goal,
        expected_share=share,
        delivered_share=_divide(totals.ots.interval, goal),
        ratio=_divide(totals.ots.interval, goal * share if share else 0.0),
        play_rate=rate,
        projection=remaining.interval,
    )


def compute_play_rate(hours: Iterable[EstimatedHour], now_s: int) -> float:
    """The share of booked plays that took place, in hours that have ended and are known."""
    ended = [
        hour
        for hour in hours
        if hour.hour.plays is not None and hour.hour.booked.key.hour_at + HOUR_S <= now_s
    ]
    ordered = sum(hour.ordered_milli - hour.unknown_milli for hour in ended) / 1_000
    plays = sum(hour.hour.plays or 0 for hour in ended)
    return min(MOST_PLAY_RATE, (plays + PRIOR_PLAYS) / (ordered + PRIOR_PLAYS))


def _add_hour(
    plan: _Plan,
    remaining: IntervalSum,
    hour: BookedHour,
    plays: float,
    forecast: UsualHour,
    coming_share: float,
    rate: float,
) -> None:
    crowd = forecast.crowd
    plan.whole += crowd.p50 * plays
    plan.elapsed += crowd.p50 * plays * (1.0 - coming_share)
    coming = plays * coming_share * rate
    if coming:
        group = hour.key.location, hour.key.hour_at // DAY_S
        part = Interval(crowd.p10 * coming, crowd.p50 * coming, crowd.p90 * coming)
        remaining.add_in_group(group, part)


def _compute_elapsed(line: CampaignLine, hour: BookedHour, now_s: int) -> float:
    """The elapsed part of the time that the flight has within an hour."""
    from_s = max(hour.key.hour_at, to_seconds(line.starts_at))
    until_s = min(hour.key.hour_at + HOUR_S, to_seconds(line.ends_at))
    if until_s <= from_s:
        return 1.0 if now_s >= until_s else 0.0
    return min(1.0, max(0.0, (now_s - from_s) / (until_s - from_s)))


def _count_plays(hour: BookedHour, usual: UsualAudience) -> float:
    return hour.booked_s / find_loop(usual.sites, hour.key.location).length_s


def _divide(interval: Interval, by: float) -> Interval | None:
    if not by:
        return None
    return Interval(interval.p10 / by, interval.p50 / by, interval.p90 / by)
