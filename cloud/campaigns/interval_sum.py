"""The interval of a sum: P10, P50 and P90 of a total whose parts are known to different degrees.

Errors of independent parts add as squares. Errors of parts of one group (hours of one screen and
day that are estimated from the same forecast) add as they are, since one cause moves all of them. A
bound is what may be added at most, without an expected value.
"""

import math
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Final

from cloud.forecast.intervals.interval import Interval

P90_SIGMAS: Final = 1.2816
"""P90 of a normal distribution, in standard deviations."""
NO_ERROR: Final = (0.0, 0.0)


@dataclass(slots=True)
class IntervalSum:
    """Adds parts; `interval` is that of all of them."""

    middle: float = 0.0
    _squares: float = 0.0
    _groups: dict[Hashable, tuple[float, float]] = field(default_factory=dict)
    _bound: float = 0.0

    def add(self, middle: float, sigma: float = 0.0) -> None:
        """A part with an independent error of that standard deviation."""
        self.middle += middle
        self._squares += (P90_SIGMAS * sigma) ** 2

    def add_in_group(self, group: Hashable, part: Interval) -> None:
        """A part whose error is that of its group."""
        below, above = self._groups.get(group, NO_ERROR)
        self.middle += part.p50
        self._groups[group] = below + part.p50 - part.p10, above + part.p90 - part.p50

    def add_bound(self, most: float) -> None:
        """What the total may be greater by, although nothing is known of it."""
        self._bound += most

    def combine(self, other: "IntervalSum") -> None:
        """Add all parts of another sum."""
        self.middle += other.middle
        self._squares += other._squares
        self._bound += other._bound
        for group, (below, above) in other._groups.items():
            held = self._groups.get(group, NO_ERROR)
            self._groups[group] = held[0] + below, held[1] + above

    def multiply(self, times: float) -> "IntervalSum":
        """The sum of as many times each part."""
        groups = {name: (low * times, high * times) for name, (low, high) in self._groups.items()}
        found = IntervalSum(self.middle * times, self._squares * times * times)
        found._groups.update(groups)
        found._bound = self._bound * times
        return found

    @property
    def interval(self) -> Interval:
        """P10, P50 and P90 of the total."""
        below = math.sqrt(self._squares + sum(low * low for low, _ in self._groups.values()))
        above = math.sqrt(self._squares + sum(high * high for _, high in self._groups.values()))
        middle = max(0.0, self.middle)
        return Interval(max(0.0, middle - below), middle, middle + above + self._bound)
