"""Dwell or attention time as a survival curve, from a histogram of the wire.

At the edges of a bucket the curve is exact. Inside a bucket people leave at a constant rate; in the
last bucket with people, evenly; beyond the open edge at the rate that reproduces the mean. The mean
is no assumption: the sum of all times is on the wire.
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Final

EVENLY: Final = math.inf


class DwellCurveError(ValueError):
    """Invalid dwell times."""


@dataclass(frozen=True, slots=True)
class DwellCurve:
    """The share of people still there after any time, and their mean time.

    `edges_s` starts at 0. `alive[i]` is the share still there at `edges_s[i]`, `leaving[i]` the
    rate per second at which they go after it, and `area_s[i]` the mean time spent before it.
    """

    edges_s: tuple[float, ...]
    alive: tuple[float, ...]
    leaving: tuple[float, ...]
    area_s: tuple[float, ...]
    mean_s: float
    people: int

    def still_there(self, at_s: float) -> float:
        """The share of people who stay at least `at_s`."""
        piece = self._piece(at_s)
        into_s = at_s - self.edges_s[piece]
        if self.leaving[piece] == EVENLY:
            return self.alive[piece] * max(0.0, 1 - into_s / self._width_s(piece))
        return self.alive[piece] * math.exp(-self.leaving[piece] * into_s)

    def until_s(self, at_s: float) -> float:
        """The mean time that a person spends before `at_s`: the area under the curve up to it."""
        piece = self._piece(at_s)
        into_s = at_s - self.edges_s[piece]
        return self.area_s[piece] + _area_s(
            self.alive[piece], self.leaving[piece], into_s, self._width_s(piece)
        )

    def beyond_s(self, at_s: float) -> float:
        """The mean time that a person spends after `at_s`."""
        return max(0.0, self.mean_s - self.until_s(at_s))

    def spread(self, of: Callable[[float], float]) -> float:
        """Standard deviation of a function of the time, each bucket taken at its middle."""
        ends = (*self.alive[1:], 0.0)
        shares = [alive - end for alive, end in zip(self.alive, ends, strict=True)]
        values = [of(middle_s) for middle_s in self._middles_s()]
        mean = sum(share * value for share, value in zip(shares, values, strict=True))
        square = sum(share * value**2 for share, value in zip(shares, values, strict=True))
        return math.sqrt(max(0.0, square - mean**2))

    def _middles_s(self) -> list[float]:
        closed = [(low + high) / 2 for low, high in pairwise(self.edges_s)]
        rate = self.leaving[-1]
        return [*closed, self.edges_s[-1] + (1 / rate if 0 < rate < EVENLY else 0.0)]

    def _piece(self, at_s: float) -> int:
        if not at_s >= 0:
            raise DwellCurveError(f"{at_s} s is negative: expected 0 s or more")
        return bisect_right(self.edges_s, at_s) - 1

    def _width_s(self, piece: int) -> float:
        following = self.edges_s[piece + 1 :]
        return following[0] - self.edges_s[piece] if following else math.inf


def build_dwell_curve(counts: Sequence[int], edges_ms: Sequence[int], total_ms: int) -> DwellCurve:
    """Read a histogram whose people stayed `total_ms` altogether, or raise DwellCurveError."""
    people = sum(counts)
    if len(counts) != len(edges_ms) + 1 or min(counts, default=-1) < 0 or total_ms < 0:
        raise DwellCurveError(
            f"{len(counts)} buckets and {total_ms} ms are no histogram: expected "
            f"{len(edges_ms) + 1} counts and a total, none below zero"
        )
    if not people:
        raise DwellCurveError("an empty histogram: the dwell is unknown")
    edges_s = (0.0, *(edge / 1000 for edge in edges_ms))
    gone = accumulate(counts[:-1], initial=0)
    alive = tuple(1 - count / people for count in gone)
    return _curve(edges_s, alive, total_ms / 1000 / people, people)


def assume_dwell_curve(mean_s: float, share: float = 1.0) -> DwellCurve:
    """An assumed curve without measurements: `share` of the people stay and leave at one rate.

    `mean_s` is the mean over those who stay at all.
    """
    if not (math.isfinite(mean_s) and mean_s > 0 and 0 <= share <= 1):
        raise DwellCurveError(f"mean {mean_s} s of a share of {share}: expected a time and 0 to 1")
    return DwellCurve((0.0,), (share,), (1 / mean_s,), (0.0,), share * mean_s, 0)


def _curve(
    edges_s: tuple[float, ...], alive: tuple[float, ...], mean_s: float, people: int
) -> DwellCurve:
    pieces = list(zip(pairwise(edges_s), pairwise(alive), strict=True))
    closed = [_rate(now, later, high - low) for (low, high), (now, later) in pieces]
    areas_s = [
        _area_s(now, rate, high - low, high - low)
        for ((low, high), (now, _)), rate in zip(pieces, closed, strict=True)
    ]
    area_s = tuple(accumulate(areas_s, initial=0.0))
    rest_s = mean_s - area_s[-1]
    tail = alive[-1] / rest_s if alive[-1] > 0 and rest_s > 0 else _last_rate(closed)
    return DwellCurve(edges_s, alive, (*closed, tail), area_s, mean_s, people)


def _rate(now: float, later: float, width_s: float) -> float:
    if later <= 0:
        return EVENLY
    return math.log(now / later) / width_s


def _last_rate(closed: list[float]) -> float:
    """The rate of the last bucket that has one: used when the total leaves no time for the tail."""
    return next((rate for rate in reversed(closed) if 0 < rate < EVENLY), 1.0)


def _area_s(alive: float, rate: float, into_s: float, width_s: float) -> float:
    if rate == EVENLY:
        return alive * into_s * (1 - into_s / (2 * width_s)) if alive else 0.0
    if rate == 0:
        return alive * into_s
    return alive * -math.expm1(-rate * into_s) / rate
