"""Estimate hours of the week that were never observed at a site: wide, and marked as estimates.

First choice is the same hour of the site's other days, which the models return already. Where that
hour was observed on no day, the profile of the kind of venue is taken, at the level of the observed
hours before and after it.
"""

from typing import Final

import numpy as np

from cloud.forecast import venue_profiles
from cloud.forecast.basis import HourSource, Sources
from cloud.forecast.series import WEEK_H, Flags, Floats

SIMILAR_BAND: Final = (0.45, 1.9)
"""P10 and P90 as multiples of the middle for an hour taken from other days.

Where a day of the week is hidden, they hold 73 % of its hours in Leeds and 88 % in Melbourne.
"""
LEAST_ASSUMED: Final = 0.02
"""Of the mean hour: assumed hours below it are not used for the level."""


def fill_unobserved_hours(week: Floats, observed: Flags, assumed: Floats) -> tuple[Floats, Sources]:
    """A whole week (measures, 3, 168) and the source of each of its hours.

    `observed` are the hours of the week that were observed (168,), `assumed` is the usual week of
    the venue (measures, 168).
    """
    known = np.isfinite(week[0, 1])
    sources = np.where(observed & known, HourSource.OBSERVED, HourSource.SIMILAR_HOURS).astype(
        np.uint8
    )
    sources[~known] = HourSource.VENUE
    whole = week
    if not (observed & known).all():
        similar = _banded(week[:, 1], SIMILAR_BAND)
        whole = np.where(sources == HourSource.SIMILAR_HOURS, _wider(week, similar), week)
    if not known.all():
        estimated = _banded(assumed * _level_beside(week[:, 1], assumed), venue_profiles.BAND)
        whole = np.where(sources == HourSource.VENUE, estimated, whole)
    return whole, sources


def _banded(middle: Floats, band: tuple[float, float]) -> Floats:
    return np.stack([middle * band[0], middle, middle * band[1]], axis=1)


def _wider(week: Floats, other: Floats) -> Floats:
    """The wider of two intervals around one middle."""
    low = np.minimum(week[:, 0], other[:, 0])
    return np.stack([low, week[:, 1], np.maximum(week[:, 2], other[:, 2])], axis=1)


def _level_beside(middle: Floats, assumed: Floats) -> Floats:
    """Observed to assumed, from the nearest observed hours before and after: (measures, 168).

    The week is a circle. Without any observed hour the level is that of the venue.
    """
    known = np.flatnonzero(np.isfinite(middle[0]))
    if not known.size:
        return np.ones_like(assumed)
    least = LEAST_ASSUMED * assumed.mean(axis=1, keepdims=True)
    ratio = middle[:, known] / np.maximum(assumed[:, known], least)
    hours = np.arange(WEEK_H)
    return np.stack([np.interp(hours, known, one, period=WEEK_H) for one in ratio])
