"""Reach, frequency and rating points.

People are not recognised, so `people` is always an assumption about how often people return;
these formulae compute the consequences.
"""

import math
from collections.abc import Iterable


class ReachError(ValueError):
    """Invalid impressions or people."""


def reach(impressions: float, people: float, clumping: float = math.inf) -> float:
    """People reached at least once: N (1 - (1 + I / (N k))^-k).

    `clumping` k is how evenly contacts fall on people (negative binomial); infinite is Poisson.
    """
    return people - _with_fewer(1, impressions, people, clumping)


def reach_at_least(
    times: int, impressions: float, people: float, clumping: float = math.inf
) -> float:
    """Effective reach: people reached `times` times or more."""
    return max(0.0, people - _with_fewer(times, impressions, people, clumping))


def frequency(impressions: float, people: float, clumping: float = math.inf) -> float:
    """Contacts for each person who is reached at all."""
    reached = reach(impressions, people, clumping)
    return impressions / reached if reached else 0.0


def rating_points(impressions: float, people: float) -> float:
    """Gross rating points: contacts per hundred people."""
    _refuse_nonsense(impressions, people, math.inf)
    return 100 * impressions / people if people else 0.0


def combine_independent_reach(shares: Iterable[float]) -> float:
    """Share reached on any of several screens, were their people independent: an upper estimate."""
    missed = 1.0
    for share in shares:
        if not 0 <= share <= 1:
            raise ReachError(f"a screen reaches {share} of the people: expected 0 to 1")
        missed *= 1 - share
    return 1 - missed


def _with_fewer(times: int, impressions: float, people: float, clumping: float) -> float:
    """People with fewer than `times` contacts, summed from the chance of none upwards."""
    _refuse_nonsense(impressions, people, clumping)
    if not people or not impressions:
        return people if times else 0.0
    mean = impressions / people
    evenly = math.isinf(clumping)
    log_chance = -mean if evenly else -clumping * math.log1p(mean / clumping)
    total = 0.0
    for contacts in range(times):
        total += math.exp(log_chance)
        log_chance += math.log(mean / (contacts + 1))
        log_chance += math.log1p(contacts / clumping) - math.log1p(mean / clumping)
    return people * total


def _refuse_nonsense(impressions: float, people: float, clumping: float) -> None:
    if not (0 <= impressions < math.inf and 0 <= people < math.inf and clumping > 0):
        raise ReachError(
            f"{impressions} impressions on {people} people (clumping {clumping}): expected finite "
            "numbers from 0 on and a clumping above 0"
        )
