"""What was measured, hour by hour, as columns: thirty weeks are five thousand rows, read at once.

Hard truths. Only hours in which somebody could see are here; the rest are missing, not zero. An
hour that was seen for forty minutes had more people in it than were counted: its sums are brought
up to the full hour of each camera, and below half an hour they say nothing of the week's shape.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from cloud.database import EPOCH, hour_tallies
from cloud.forecast.series import Floats
from cloud.windows.query import HourRow

Integers = NDArray[np.int64]
HOUR_S: Final = 3600
DAY_S: Final = 86_400
HOUR_MS: Final = 3_600_000
ENOUGH_SHARE: Final = 0.5
SUMS: Final = ("observed_ms", "person_ms", "entries", "onlookers", "looking_ms")


class Measures(NamedTuple):
    """One hour: people in view on average, people entering, people who looked, looking seconds."""

    crowd: float
    entries: float
    onlookers: float
    looking_s: float


@dataclass(frozen=True, slots=True)
class Hours:
    """Observed hours of one place. `full` is (measures, hours), as if all of each had been seen."""

    starts_s: Integers
    share: Floats
    full: Floats

    @classmethod
    def counted(cls, starts_s: Integers, cameras: Integers, sums: NDArray[np.float64]) -> "Hours":
        """From the cameras of each hour and its sums, in the order of SUMS."""
        observed_ms, person_ms, entries, onlookers, looking_ms = sums
        share = np.minimum(1.0, observed_ms / (HOUR_MS * cameras))
        full = np.stack(
            [person_ms / observed_ms, entries / share, onlookers / share, looking_ms / 1000 / share]
        )
        return cls(starts_s, share, full)

    @classmethod
    def of(cls, rows: Sequence[HourRow]) -> "Hours":
        """From rows, in each of which something was observed."""
        seconds = [(row.hour_at - EPOCH).total_seconds() for row in rows]
        sums = [[getattr(row, name) for row in rows] for name in SUMS]
        return cls.counted(
            np.array(seconds, dtype=np.int64),
            np.array([row.cameras for row in rows], dtype=np.int64),
            np.array(sums, dtype=np.float64).reshape(len(SUMS), len(rows)),
        )

    def __len__(self) -> int:
        return int(self.starts_s.size)

    def only(self, chosen: NDArray[np.bool_]) -> "Hours":
        """The hours that are chosen."""
        return Hours(self.starts_s[chosen], self.share[chosen], self.full[:, chosen])

    def before(self, instant: datetime) -> "Hours":
        """The hours that began before an instant."""
        return self.only(self.starts_s < (instant - EPOCH).total_seconds())

    def shapely(self) -> "Hours":
        """The hours that were seen long enough to say something about the shape of a week."""
        return self.only(self.share >= ENOUGH_SHARE)

    def on_clock(self, zone: ZoneInfo) -> Integers:
        """Hours of the local clock since the midnight that began 1970."""
        days, which = np.unique(self.starts_s // DAY_S, return_inverse=True)
        opening = np.array([_offset_s(int(day) * DAY_S, zone) for day in days], dtype=np.int64)
        closing = np.array(
            [_offset_s(int(day) * DAY_S + DAY_S - HOUR_S, zone) for day in days], dtype=np.int64
        )
        offset_s = opening[which]
        for at in np.flatnonzero((opening != closing)[which]):
            offset_s[at] = _offset_s(int(self.starts_s[at]), zone)
        local: Integers = (self.starts_s + offset_s) // HOUR_S
        return local


def read_hours(
    connection: Connection, location: str, *, since_at: datetime, until_at: datetime
) -> Hours:
    """The observed hours of a place that begin in the stretch, oldest first."""
    hours = hour_tallies.c
    query = (
        select(hours.hour_at, *(hours[name] for name in SUMS))
        .where(
            hours.location == location,
            hours.hour_at >= int((since_at - EPOCH).total_seconds()),
            hours.hour_at < int((until_at - EPOCH).total_seconds()),
        )
        .order_by(hours.hour_at)
    )
    rows = connection.execute(query).all()
    wide = 1 + len(SUMS)
    cells = np.fromiter(chain.from_iterable(rows), np.float64, wide * len(rows))
    return _added_up(cells.reshape(-1, wide).T)


def _added_up(rows: Floats) -> Hours:
    """Rows of cameras (instant and sums, rows) in the order of their hours: those of the place.

    Added up here, since a database takes longer to group them than to hand them over.
    """
    first = np.flatnonzero(np.diff(rows[0], prepend=-1.0))
    cameras = np.diff(first, append=rows.shape[1])
    sums = np.add.reduceat(rows[1:], first, axis=1) if first.size else rows[1:]
    seen = sums[0] > 0
    return Hours.counted(rows[0, first[seen]].astype(np.int64), cameras[seen], sums[:, seen])


def _offset_s(instant_s: int, zone: ZoneInfo) -> int:
    offset = datetime.fromtimestamp(instant_s, zone).utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0
