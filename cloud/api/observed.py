"""How well a place has been observed lately: what its forecast, and so its price, rests on.

The cameras that should report are those of the sites file at the time; one that says nothing is
missing and counts with nothing observed. A place without such a camera has no share at all.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, func, select

from cloud.database import EPOCH, hour_tallies, total
from cloud.estate import Site

LATELY: Final = timedelta(days=7)
REPORTING: Final = timedelta(days=1)
HOUR_S: Final = 3600


@dataclass(frozen=True, slots=True)
class Observed:
    """The last week of a place. `share` is None where no camera should have reported."""

    cameras_expected: int
    cameras_reporting: int
    share: float | None


def observed(connection: Connection, site: Site, now: datetime) -> Observed:
    """How much of the last seven days the expected cameras observed; who reported in the last."""
    hours = hour_tallies.c
    since_at = now - LATELY
    rows = connection.execute(
        select(hours.device, func.max(hours.hour_at), total(hours.observed_ms))
        .where(
            hours.location == site.id,
            hours.hour_at >= _seconds(since_at),
            hours.hour_at < _seconds(now),
        )
        .group_by(hours.device)
    ).all()
    wanted = site.expected_cameras(since_at, now)
    today = site.expected_cameras(now - REPORTING, now)
    heard = {device for device, last, _ in rows if last + HOUR_S > _seconds(now - REPORTING)}
    expected_ms = site.expected_ms(since_at, now)
    observed_ms = sum(ms for device, _, ms in rows if device in wanted)
    return Observed(
        cameras_expected=len(today),
        cameras_reporting=len(heard.intersection(today)),
        share=min(1.0, observed_ms / expected_ms) if expected_ms else None,
    )


def _seconds(instant: datetime) -> int:
    return (instant - EPOCH) // timedelta(seconds=1)
