"""Read the hours of lines with all that is known of them: the one computation behind every figure.

The cost grows with the booked hours: a line of 100 screens and four weeks has 67,200.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from cloud.campaigns.attribution import LineHour, LoggedHours, attribute_hours
from cloud.campaigns.booked_hours import (
    BookedHour,
    CampaignLine,
    list_booked_hours,
    read_rivals,
    to_seconds,
)
from cloud.campaigns.estimates import EstimatedHour, estimate_hour, needs_forecast
from cloud.campaigns.plays.play_store import read_logged_hours
from cloud.campaigns.screen_hours import MeasuredHours, read_measured_hours
from cloud.campaigns.usual_audience import UsualAudience
from cloud.sites.site_model import Loop
from cloud.sites.sites import Sites, UnknownLocation

HOUR_S: Final = 3_600
NO_LOOP: Final = Loop(length_s=3_600, spot_s=3_600)
"""Of a location that the sites file no longer lists: its booked plays are not known."""


@dataclass(frozen=True, slots=True)
class LineHours:
    """The hours of some lines up to an instant, and what their screens measured."""

    hours: Sequence[EstimatedHour]
    measured: MeasuredHours


def read_line_hours(
    connection: Connection,
    lines: Mapping[str, CampaignLine],
    until: datetime,
    usual: UsualAudience,
) -> LineHours:
    """The hours of sold lines that begin before `until`."""
    sold = {name: line for name, line in lines.items() if line.is_sold}
    rivals = read_rivals(connection, usual.sites, sold)
    until_s = to_seconds(until)
    booked = [hour for line in sold.values() for hour in list_booked_hours(line, until_s)]
    if not booked:
        return LineHours((), MeasuredHours())
    wanted = {(hour.key, hour.creative) for hour in booked}
    others = [
        hour
        for line in rivals.values()
        for hour in list_booked_hours(line, until_s)
        if (hour.key, hour.creative) in wanted
    ]
    measured, logged = _read_plays(connection, usual.sites, booked)
    every = attribute_hours([*booked, *others], measured, logged)
    hours = sorted(
        (hour for hour in every if hour.booked.line_id in sold),
        key=lambda hour: (hour.booked.key, hour.booked.line_id, hour.booked.creative or ""),
    )
    return LineHours(estimate_hours(hours, measured, usual), measured)


def estimate_hours(
    hours: Iterable[LineHour], measured: MeasuredHours, usual: UsualAudience
) -> list[EstimatedHour]:
    """The audience of hours; forecasts are computed only for those that need one."""
    every = list(hours)
    unobserved = {hour.booked.key for hour in every if needs_forecast(hour, measured.screens)}
    forecasts = usual.read(unobserved)
    return [
        estimate_hour(
            hour,
            find_loop(usual.sites, hour.booked.key.location),
            measured.screens.get(hour.booked.key),
            forecasts.get(hour.booked.key),
        )
        for hour in every
    ]


def find_loop(sites: Sites, location: str) -> Loop:
    """The loop of a location."""
    try:
        return sites.location(location).loop
    except UnknownLocation:
        return NO_LOOP


def _read_plays(
    connection: Connection, sites: Sites, booked: Sequence[BookedHour]
) -> tuple[MeasuredHours, LoggedHours]:
    locations = {hour.key.location for hour in booked}
    first_s = min(hour.key.hour_at for hour in booked)
    last_s = max(hour.key.hour_at for hour in booked) + HOUR_S
    measured = read_measured_hours(connection, locations, first_s, last_s)
    return measured, read_logged_hours(connection, sorted(locations), first_s, last_s, sites)
