"""How much of a site was observed in the last week: the basis of its forecast and its price.

The expected cameras are those of the sites file at the time. One that does not report counts with
nothing observed. A site without an expected camera has no share. The newest data are those of any
camera of the site, to the minute, and not those that the forecast used.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, func, select

from cloud.database import EPOCH, hour_tallies, minute_tallies, total
from cloud.sites.site_model import Site

PERIOD: Final = timedelta(days=7)
REPORTING: Final = timedelta(days=1)
HOUR_S: Final = 3600
MINUTE_S: Final = 60


@dataclass(frozen=True, slots=True)
class RecentCoverage:
    """The last week of a site. `share` is None where no camera was expected to report.

    `newest_at` is the end of the newest minute in which a camera observed the site.
    """

    cameras_expected: int
    cameras_reporting: int
    share: float | None
    newest_at: datetime | None


def read_recent_coverage(connection: Connection, site: Site, now: datetime) -> RecentCoverage:
    """The observed share of the last seven days, and the cameras that reported in the last one."""
    hours = hour_tallies.c
    since_at = now - PERIOD
    rows = connection.execute(
        select(hours.device, func.max(hours.hour_at), total(hours.observed_ms))
        .where(
            hours.location == site.id,
            hours.hour_at >= _seconds(since_at),
            hours.hour_at < _seconds(now),
        )
        .group_by(hours.device)
    ).all()
    expected = site.expected_cameras(since_at, now)
    today = site.expected_cameras(now - REPORTING, now)
    reporting = {device for device, last, _ in rows if last + HOUR_S > _seconds(now - REPORTING)}
    expected_ms = site.expected_ms(since_at, now)
    observed_ms = sum(ms for device, _, ms in rows if device in expected)
    return RecentCoverage(
        cameras_expected=len(today),
        cameras_reporting=len(reporting.intersection(today)),
        share=min(1.0, observed_ms / expected_ms) if expected_ms else None,
        newest_at=_newest_at(connection, site, now),
    )


def _newest_at(connection: Connection, site: Site, now: datetime) -> datetime | None:
    """By minutes, and by hours where the minutes have been deleted; never later than `now`."""
    for starts, observed_ms, length_s in (
        (minute_tallies.c.minute_at, minute_tallies.c.observed_ms, MINUTE_S),
        (hour_tallies.c.hour_at, hour_tallies.c.observed_ms, HOUR_S),
    ):
        location = starts.table.c.location
        newest = (
            select(starts)
            .where(location == site.id, starts <= _seconds(now), observed_ms > 0)
            .order_by(starts.desc())
            .limit(1)
        )
        found = connection.execute(newest).scalar_one_or_none()
        if found is not None:
            return min(now, EPOCH + timedelta(seconds=found + length_s))
    return None


def _seconds(instant: datetime) -> int:
    return (instant - EPOCH) // timedelta(seconds=1)
