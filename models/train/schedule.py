"""The learning rate of each step, and the ranges of steps between searches for mistakes."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

MINED_AT: Final = (0.35, 0.65)
"""Shares of the steps after which the detector searches the training pictures for its mistakes."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """`rate` applies between the warm-up and the fall over the last `fall_ratio` of the steps.

    A longer run may therefore continue from any earlier checkpoint.
    """

    steps: int
    rate: float = 2e-3
    warm_up_steps: int = 100
    fall_ratio: float = 0.25

    def rate_at(self, step: int) -> float:
        """Return the learning rate of a step, counted from 0."""
        warm = min(1.0, (step + 1) / self.warm_up_steps)
        falling = max(1.0, self.steps * self.fall_ratio)
        left = min(1.0, (self.steps - step) / falling)
        return self.rate * warm * max(0.01, left)


def split_at_mining(steps: int) -> list[range]:
    """Return the ranges of steps between one search for mistakes and the next."""
    stops = [int(steps * share) for share in MINED_AT] + [steps]
    return [range(first, last) for first, last in pairwise([0, *stops])]
