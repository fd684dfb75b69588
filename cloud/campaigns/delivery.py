"""The delivery of order lines: plays and audience up to an instant, with an interval.

A delivery is final when no late report can change it any more: a device that was offline sends its
reports for a week after the flight (`LATE_DATA`).
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from cloud.campaigns.booked_hours import CampaignLine, read_lines
from cloud.campaigns.line_hours import read_line_hours
from cloud.campaigns.totals import DeliveryTotals
from cloud.campaigns.usual_audience import ForecastOf, UsualAudience, forecast_from_database
from cloud.sites.sites import Sites

LATE_DATA: Final = timedelta(days=7)
"""How long after a flight reports and play logs may still arrive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineDelivery:
    """What a line has delivered. People are whole; the limits are P10 and P90.

    `plays` are those that a camera or a play log has reported, `plays_high` adds the booked plays
    of hours of which nothing is known. `observed_s` is the camera time that was measured during the
    plays, `expected_s` that of all plays. Without `has_audience` the people are not known.
    """

    plays: int
    plays_high: int
    booked_plays: int
    ots: int
    ots_low: int
    ots_high: int
    viewers: int
    viewers_low: int
    viewers_high: int
    attention_s: int
    attention_low_s: int
    attention_high_s: int
    observed_s: int
    expected_s: int
    is_final: bool
    has_audience: bool


def read_delivery(
    connection: Connection,
    line_ids: Iterable[str],
    until: datetime,
    *,
    sites: Sites,
    forecast_of: ForecastOf | None = None,
) -> Mapping[str, LineDelivery]:
    """The delivery of each line that exists, of the hours that begin before `until`.

    Lines that are not sold have delivered nothing. Without `forecast_of` the forecasts for plays
    that were not observed are those of the database.
    """
    usual = UsualAudience(sites, forecast_of or forecast_from_database(connection, until))
    lines = read_lines(connection, sites, "line_id", line_ids)
    totals: Mapping[str, DeliveryTotals] = defaultdict(DeliveryTotals)
    for hour in read_line_hours(connection, lines, until, usual).hours:
        totals[hour.hour.booked.line_id].add(hour)
    return {name: to_delivery(line, totals[name], until) for name, line in lines.items()}


def to_delivery(line: CampaignLine, totals: DeliveryTotals, until: datetime) -> LineDelivery:
    """The delivery of a line from its totals up to `until`."""
    ots, viewers = totals.ots.interval, totals.viewers.interval
    attention = totals.attention_s.interval
    return LineDelivery(
        plays=totals.plays,
        plays_high=totals.plays + -(-totals.unknown_milli // 1_000),
        booked_plays=totals.ordered_milli // 1_000,
        ots=_round_down(ots.p50),
        ots_low=_round_down(ots.p10),
        ots_high=_round_up(ots.p90),
        viewers=_round_down(viewers.p50),
        viewers_low=_round_down(viewers.p10),
        viewers_high=_round_up(viewers.p90),
        attention_s=_round_down(attention.p50),
        attention_low_s=_round_down(attention.p10),
        attention_high_s=_round_up(attention.p90),
        observed_s=totals.observed_ms // 1_000,
        expected_s=totals.expected_ms // 1_000,
        is_final=is_final(line, until),
        has_audience=totals.has_audience,
    )


def is_final(line: CampaignLine, now: datetime) -> bool:
    """Whether late reports can no longer change the delivery of a line."""
    return now >= line.ends_at + LATE_DATA


def _round_down(number: float) -> int:
    """Whole people; sums of thousandths have rounding errors."""
    return math.floor(round(number, 6))


def _round_up(number: float) -> int:
    return math.ceil(round(number, 6))
