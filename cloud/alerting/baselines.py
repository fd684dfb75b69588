"""What is usual at this hour of the week, robust against one extreme week; read once an hour.

A baseline is the median over the same hour of the last eight weeks. An hour of which less than half
was observed says nothing about what is usual.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, select

from cloud.alerting import data_quality
from cloud.alerting.rules import (
    FEWEST_WEEKS,
    HOUR_MS,
    LEAST_SHARE,
    USUAL_WEEKS,
    QualityShare,
    UsualCrowd,
    UsualRange,
)
from cloud.database import hour_tallies

WEEK_S: Final = 7 * 24 * 3_600
FEWEST_WEEKLY_VISITS: Final = 10  # below that, a week's attention rate is an accident

CameraKey = tuple[str, str]  # location, device
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class UsualLevels:
    """What is usual by camera, and the attention rate by place."""

    cameras: Mapping[CameraKey, UsualCrowd]
    attention_rates: Mapping[str, float]


def weeks_before(hour: int) -> list[int]:
    """The same hour of the week in the eight weeks before, as seconds since 1970."""
    return [hour - week * WEEK_S for week in range(1, USUAL_WEEKS + 1)]


@dataclass
class Baselines:
    """Keeps the baselines of the hour that was asked for last: they do not change within it."""

    _kept: dict[str, tuple[int, Any]] = field(default_factory=dict)

    def crowds(self, connection: Connection, hour: int) -> UsualLevels:
        """What is usual at an hour (seconds since 1970)."""
        return self._of("crowds", hour, lambda: read_usual_levels(connection, weeks_before(hour)))

    def spans(
        self, connection: Connection, hour: int
    ) -> dict[CameraKey, dict[QualityShare, UsualRange]]:
        """Between what and what the quality of each camera is at an hour."""
        return self._of(
            "spans", hour, lambda: data_quality.read_usual_ranges(connection, weeks_before(hour))
        )

    def _of(self, name: str, hour: int, read: Callable[[], Value]) -> Value:
        kept = self._kept.get(name)
        if kept is None or kept[0] != hour:
            kept = self._kept[name] = (hour, read())
        found: Value = kept[1]
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
        ).where(cells.hour_at.in_(hours), cells.observed_ms >= LEAST_SHARE * HOUR_MS)
    )
    levels: dict[CameraKey, list[float]] = defaultdict(list)
    looks: dict[str, dict[int, tuple[int, int]]] = defaultdict(dict)
    for location, device, hour, person, observed, onlookers, visits in rows:
        levels[location, device].append(person / observed)
        before = looks[location].get(hour, (0, 0))
        looks[location][hour] = before[0] + onlookers, before[1] + visits
    cameras = {key: UsualCrowd(len(found), median(found)) for key, found in levels.items()}
    rates = {location: _rates(by_hour) for location, by_hour in looks.items()}
    return UsualLevels(
        cameras,
        {
            location: median(found)
            for location, found in rates.items()
            if len(found) >= FEWEST_WEEKS
        },
    )


def _rates(by_hour: Mapping[int, tuple[int, int]]) -> list[float]:
    return [
        onlookers / visits
        for onlookers, visits in by_hour.values()
        if visits >= FEWEST_WEEKLY_VISITS
    ]
