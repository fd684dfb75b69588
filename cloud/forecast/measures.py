"""What is forecast, and how an observed hour becomes a full one.

Hard truth: an hour that was seen for forty minutes had more people in it than were counted.
Its sums are brought up to the full hour of each camera, and below half an hour they are not used
for the shape of the week at all.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from cloud.windows.query import HourRow

HOUR_MS: Final = 3_600_000
ENOUGH_SHARE: Final = 0.5


class Measures(NamedTuple):
    """One hour: people in view on average, people entering, people who looked, looking seconds."""

    crowd: float
    entries: float
    onlookers: float
    looking_s: float


def observed_share(row: HourRow) -> float:
    """How much of the hour its cameras could see."""
    return min(1.0, row.observed_ms / (HOUR_MS * row.cameras))


def full_hour(row: HourRow) -> Measures:
    """The row as if all of its hour had been seen."""
    share = observed_share(row)
    return Measures(
        crowd=row.person_ms / row.observed_ms,
        entries=row.entries / share,
        onlookers=row.onlookers / share,
        looking_s=row.looking_ms / 1000 / share,
    )


def shapely(rows: Sequence[HourRow]) -> dict[datetime, Measures]:
    """The hours that were seen long enough to say something about the shape of a week."""
    return {row.hour_at: full_hour(row) for row in rows if observed_share(row) >= ENOUGH_SHARE}
