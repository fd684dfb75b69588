"""The audience to expect in an hour of a screen, also in hours that have passed: by its forecast.

Passed hours are those of the usual week of the forecast. Figures are those of one camera, as the
cameras report them: people in view on average, and people looking on average.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import numpy as np
from sqlalchemy import Connection

from cloud.campaigns.booked_hours import HourKey
from cloud.database import EPOCH
from cloud.forecast.forecaster import SiteForecast, forecast_at
from cloud.forecast.history.hours import Measures
from cloud.forecast.intervals.interval import Interval
from cloud.sites.site_model import Site
from cloud.sites.sites import Sites, UnknownLocation

HOUR: Final = timedelta(hours=1)
CROWD: Final = Measures._fields.index("crowd")
ATTENTION: Final = Measures._fields.index("attention_s")

ForecastOf = Callable[[Site], SiteForecast]


@dataclass(frozen=True, slots=True)
class UsualHour:
    """People in view and people looking of a camera, on average over the hour."""

    crowd: Interval
    looking: Interval
    cameras: int


@dataclass
class UsualAudience:
    """Forecasts of sites, each computed when it is needed for the first time."""

    sites: Sites
    forecast_of: ForecastOf
    _forecasts: dict[str, SiteForecast] = field(default_factory=dict)
    _hours: dict[HourKey, UsualHour] = field(default_factory=dict)

    def read(self, keys: Iterable[HourKey]) -> Mapping[HourKey, UsualHour]:
        """The usual audience of hours; without those of locations that the sites file lacks."""
        missing: dict[str, list[HourKey]] = defaultdict(list)
        wanted = set(keys)
        for key in sorted(wanted - self._hours.keys()):
            missing[key.location].append(key)
        for location, some in missing.items():
            try:
                site = self.sites.location(location)
            except UnknownLocation:
                continue
            self._hours.update(zip(some, self._read_site(site, some), strict=True))
        return {key: self._hours[key] for key in wanted if key in self._hours}

    def _read_site(self, site: Site, keys: Sequence[HourKey]) -> list[UsualHour]:
        if site.id not in self._forecasts:
            self._forecasts[site.id] = self.forecast_of(site)
        local = [(EPOCH + timedelta(seconds=key.hour_at)).astimezone(site.zone) for key in keys]
        days = sorted({at.date() for at in local})
        number = {day: at for at, day in enumerate(days)}
        found = self._forecasts[site.id].columns(
            days,
            np.array([number[at.date()] for at in local], dtype=np.int64),
            np.array([at.hour for at in local], dtype=np.int64),
        )
        cameras = [_count_cameras(site, key) for key in keys]
        return [
            UsualHour(
                Interval(*np.sort(found[CROWD, :, at]).tolist()),
                Interval(*np.sort(found[ATTENTION, :, at] / 3_600 / cameras[at]).tolist()),
                cameras[at],
            )
            for at in range(len(keys))
        ]


def forecast_from_database(connection: Connection, at: datetime) -> ForecastOf:
    """Forecasts as of an instant, that of the nightly run where there is one."""
    return partial(_forecast, connection, at)


def _forecast(connection: Connection, at: datetime, site: Site) -> SiteForecast:
    return forecast_at(connection, site, at)


def _count_cameras(site: Site, key: HourKey) -> int:
    """Cameras whose times the forecast of the hour adds up."""
    starts_at = EPOCH + timedelta(seconds=key.hour_at)
    return max(1, len(site.expected_cameras(starts_at, starts_at + HOUR)))
