"""Diminishing reach N (1 - exp(-C / N)) in straight lines, from above and from below.

Tangents lie above the curve, so a program with them gives an upper bound. Chords lie below it, so a
plan that meets a minimum on a chord truly meets it. Both are as accurate as their points are
close.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from cloud.pricing.optimise.offer import Floats

POINTS: Final = np.concatenate([[0.0], np.geomspace(0.005, 9.0, 40)])
"""Contacts per person at which every curve is touched."""


@dataclass(frozen=True, slots=True)
class LinePieces:
    """Reached <= slope x contacts + height x people: arrays of (locations, lines)."""

    slopes: Floats
    heights: Floats


def tangents(points: Floats) -> LinePieces:
    """Lines that touch the curve at `points` (locations, points) and lie above it elsewhere."""
    slopes = np.exp(-points)
    return LinePieces(slopes, -np.expm1(-points) - slopes * points)


def chords(points: Floats) -> LinePieces:
    """Lines from each point to the next, level after the last: below the curve throughout."""
    ordered = np.sort(points, axis=1)
    curve = -np.expm1(-ordered)
    width = np.diff(ordered, axis=1)
    rise = np.diff(curve, axis=1)
    apart = width > 0
    slopes = np.divide(rise, width, out=np.exp(-ordered[:, 1:]), where=apart)
    heights = np.where(apart, curve[:, :-1] - slopes * ordered[:, :-1], 1.0)
    level = np.zeros((points.shape[0], 1))
    return LinePieces(np.hstack([slopes, level]), np.hstack([heights, curve[:, -1:]]))


def first_points(locations: int) -> Floats:
    """The same points for every location."""
    return np.tile(POINTS, (locations, 1))


def add_points(points: Floats, contacts_per_person: Floats, spread: tuple[float, ...]) -> Floats:
    """More points, around where a solution has come to lie."""
    extra = contacts_per_person[:, None] * np.array(spread)
    return np.hstack([points, extra])
