"""What a history contains: its locations, days and intervals, and the intervals of one day."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt

from simulators.synthetic.cameras import TIMEZONE, create_sites
from simulators.synthetic.footfall_model import SyntheticSite

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

BATCH_ROWS: Final = 131_072
"""Reports in memory at once, at least those of one location: a row group of the lake's files."""
DAY_S: Final = 86_400
HOUR_S: Final = 3_600
MICROSECONDS: Final = 1_000_000
EPOCH: Final = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class History:
    """The options of a history; the same options give the same rows of every day."""

    locations: int
    seed: int
    first_on: date
    interval_s: int
    has_faults: bool

    @property
    def digest(self) -> str:
        """Short digest of the options."""
        options = (self.locations, self.seed, self.first_on, self.interval_s, self.has_faults)
        return hashlib.sha256(repr(tuple(map(str, options))).encode()).hexdigest()[:16]

    def day(self, number: int) -> date:
        """The UTC day of this number, from 0."""
        return self.first_on + timedelta(days=number)

    def batch_sites(self) -> Iterator[list[SyntheticSite]]:
        """All sites in the order of their names, as many at a time as fit into memory."""
        sites = create_sites(self.locations, self.seed)
        step = max(1, BATCH_ROWS * self.interval_s // DAY_S)
        for first in range(0, len(sites), step):
            yield sites[first : first + step]


@dataclass(frozen=True, slots=True)
class DaySlots:
    """The intervals of one UTC day, by number: their start, local hour and weekday (0: Monday)."""

    day: date
    interval_s: int
    starts_us: Ints
    local_hours: Floats
    local_weekdays: Ints

    @property
    def interval_ms(self) -> int:
        """The length of an interval."""
        return 1_000 * self.interval_s


def list_slots(day: date, interval_s: int) -> DaySlots:
    """The intervals of a day; `interval_s` divides an hour."""
    seconds = np.arange(0, DAY_S, interval_s, dtype=np.int64)
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    clocks = [(midnight + timedelta(hours=hour)).astimezone(TIMEZONE) for hour in range(24)]
    hour_of = seconds // HOUR_S
    hours = np.array([clock.hour + clock.minute / 60 for clock in clocks])[hour_of]
    return DaySlots(
        day,
        interval_s,
        ((day - EPOCH).days * DAY_S + seconds) * MICROSECONDS,
        hours + (seconds % HOUR_S) / HOUR_S,
        np.array([clock.weekday() for clock in clocks], dtype=np.int64)[hour_of],
    )
