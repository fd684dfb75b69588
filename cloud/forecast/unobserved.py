"""Hours of the week that were never observed at a place: estimated, wide, and marked as such.

The first choice is the site's own shape: the same hour of its other days, which the models give
already. Where that hour was observed on no day, the usual profile of the kind of venue is taken at
the level of the hours beside it: the ratio of observed to assumed, those nearby counting most.
"""

from typing import Final

import numpy as np

from cloud.forecast import venues
from cloud.forecast.basis import Source, Sources
from cloud.forecast.series import WEEK_H, Flags, Floats

SIMILAR_BAND: Final = (0.5, 1.7)
"""P10 and P90 as multiples of the middle for an hour taken from other days.

Of two cities, 80 % of the hours of a day of the week that is left out lie within them.
"""
HALF_DISTANCE_H: Final = 2.0
EVERYWHERE: Final = 0.02
"""What every hour of the week counts for the level, against 1 for an hour beside."""


def filled(week: Floats, observed: Flags, assumed: Floats) -> tuple[Floats, Sources]:
    """A whole week (measures, 3, 168) and the source of each of its hours.

    `observed` are the hours of the week that were observed (168,), `assumed` is the usual week of
    the venue (measures, 168).
    """
    known = np.isfinite(week[0, 1])
    sources = np.where(observed & known, Source.OBSERVED, Source.SIMILAR_HOURS).astype(np.uint8)
    sources[~known] = Source.VENUE
    whole = week
    if not (observed & known).all():
        similar = _banded(week[:, 1], SIMILAR_BAND)
        whole = np.where(sources == Source.SIMILAR_HOURS, _wider(week, similar), week)
    if not known.all():
        estimated = _banded(assumed * _level_beside(week[:, 1], assumed), venues.BAND)
        whole = np.where(sources == Source.VENUE, estimated, whole)
    return whole, sources


def _banded(middle: Floats, band: tuple[float, float]) -> Floats:
    return np.stack([middle * band[0], middle, middle * band[1]], axis=1)


def _wider(week: Floats, other: Floats) -> Floats:
    """The wider of two intervals around one middle."""
    low = np.minimum(week[:, 0], other[:, 0])
    return np.stack([low, week[:, 1], np.maximum(week[:, 2], other[:, 2])], axis=1)


def _level_beside(middle: Floats, assumed: Floats) -> Floats:
    """Observed to assumed around each hour of the week, round its end: (measures, 168)."""
    known = np.isfinite(middle)
    apart = np.abs(np.arange(WEEK_H)[:, None] - np.arange(WEEK_H))
    apart = np.minimum(apart, WEEK_H - apart)
    worth = 0.5 ** (apart / HALF_DISTANCE_H) + EVERYWHERE
    of_place = np.where(known, middle, 0) @ worth
    of_venue = np.where(known, assumed, 0) @ worth
    level: Floats = np.where(of_venue > 0, of_place / np.where(of_venue > 0, of_venue, 1), 1)
    return level
