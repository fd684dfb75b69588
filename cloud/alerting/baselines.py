"""Usual levels of the same hour in earlier weeks; medians, read once an hour.

A baseline is the median over the same hour of the last eight weeks. An hour of which less than half
was observed is left out.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, select

from cloud.alerting import data_quality
from cloud.alerting.rules import (
    HOUR_MS,
    MIN_OBSERVED_SHARE,
    MIN_WEEKS,
    USUAL_WEEKS,
    QualityShare,
    UsualCrowd,
    UsualRange,
)
from cloud.database import hour_tallies

WEEK_S: Final = 7 * 24 * 3_600
MIN_WEEKLY_VISITS: Final = 10  # fewer give no meaningful weekly rate

CameraKey = tuple[str, str]  # location, device
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class UsualLevels:
    """The usual crowd by camera and the usual attention rate by location."""

    cameras: Mapping[CameraKey, UsualCrowd]
    attention_rates: Mapping[str, float]


def weeks_before(hour: int) -> list[int]:
    """The same hour of the week in the eight weeks before, as seconds since 1970."""
    return [hour - week * WEEK_S for week in range(1, USUAL_WEEKS + 1)]


@dataclass
class Baselines:
    """Caches the baselines of one hour, within which they do not change."""

    _cached: dict[str, tuple[int, Any]] = field(default_factory=dict)

    def usual_levels(self, connection: Connection, hour: int) -> UsualLevels:
        """The usual levels at an hour (seconds since 1970)."""
        return self._of(
            "usual_levels", hour, lambda: read_usual_levels(connection, weeks_before(hour))
        )

    def usual_ranges(
        self, connection: Connection, hour: int
    ) -> dict[CameraKey, dict[QualityShare, UsualRange]]:
        """The usual range of each quality share at an hour."""
        return self._of(
            "usual_ranges",
            hour,
            lambda: data_quality.read_usual_ranges(connection, weeks_before(hour)),
        )

    def _of(self, name: str, hour: int, read: Callable[[], Value]) -> Value:
        cached = self._cached.get(name)
        if cached is None or cached[0] != hour:
            cached = self._cached[name] = (hour, read())
        found: Value = cached[1]
        return found


def read_usual_levels(connection: Connection, hours: Sequence[int]) -> UsualLevels:
    """Medians of these hours."""
    cells = hour_tallies.c
    rows = connection.execute(
        select(
            cells.location,
            cells.device,
            cells.hour_at,
            cells.person_ms,
            cells.observed_ms,
            cells.onlookers,
            cells.visits,
        ).where(cells.hour_at.in_(hours), cells.observed_ms >= MIN_OBSERVED_SHARE * HOUR_MS)
    )
    crowds_by_camera: dict[CameraKey, list[float]] = defaultdict(list)
    visits_by_hour: dict[str, dict[int, tuple[int, int]]] = defaultdict(dict)
    for location, device, hour, person, observed, onlookers, visits in rows:
        crowds_by_camera[location, device].append(person / observed)
        before = visits_by_hour[location].get(hour, (0, 0))
        visits_by_hour[location][hour] = before[0] + onlookers, before[1] + visits
    cameras = {
        key: UsualCrowd(len(found), median(found)) for key, found in crowds_by_camera.items()
    }
    rates = {location: _rates(by_hour) for location, by_hour in visits_by_hour.items()}
    return UsualLevels(
        cameras,
        {location: median(found) for location, found in rates.items() if len(found) >= MIN_WEEKS},
    )


def _rates(by_hour: Mapping[int, tuple[int, int]]) -> list[float]:
    return [
        onlookers / visits for onlookers, visits in by_hour.values() if visits >= MIN_WEEKLY_VISITS
    ]
