"""Assign clusters of stores to the two arms of a price experiment, at random within pairs.

Shoppers of one cluster see one price, so clusters are randomised and never shoppers. Clusters of a
stratum (region and setting) are sorted by their margin before the experiment; neighbours are a
pair, and a coin decides which of the two is treated. What is left over in each stratum is paired in
the same way, so the arms differ by one cluster at most. The same seed gives the same assignment.

Matched pairs: Imai, King, Nall, "The essential role of pair matching in cluster-randomized
experiments", Statistical Science 24(1), 2009.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

import numpy as np


class ExperimentArm(StrEnum):
    """An arm of a price experiment."""

    CONTROL = "control"
    TREATED = "treated"


@dataclass(frozen=True, slots=True)
class ClusterTraits:
    """A cluster before the experiment; `margin` is that of a store and day, in any unit.

    `margin` None: not observed. Such clusters are paired with each other.
    """

    cluster: str
    stratum: str
    margin: float | None


def assign_clusters(clusters: Iterable[ClusterTraits], seed: int) -> dict[str, ExperimentArm]:
    """The arm of each cluster."""
    random = np.random.Generator(np.random.PCG64(seed))
    ordered = sorted(clusters, key=_order)
    pairs: list[Sequence[ClusterTraits]] = []
    left_over: list[ClusterTraits] = []
    for _, members in groupby(ordered, lambda one: one.stratum):
        found = _pair(list(members))
        pairs += [one for one in found if len(one) == 2]
        left_over += [one[0] for one in found if len(one) == 1]
    pairs += _pair(sorted(left_over, key=_margin))
    return _draw(pairs, random)


def count_arms(assignment: Mapping[str, ExperimentArm]) -> dict[ExperimentArm, int]:
    """How many clusters each arm has."""
    return {arm: list(assignment.values()).count(arm) for arm in ExperimentArm}


def _draw(
    pairs: Iterable[Sequence[ClusterTraits]], random: np.random.Generator
) -> dict[str, ExperimentArm]:
    arms = list(ExperimentArm)
    assignment = {}
    for pair in pairs:
        first = int(random.integers(2))
        for number, one in enumerate(pair):
            assignment[one.cluster] = arms[(first + number) % 2]
    return assignment


def _pair(members: Sequence[ClusterTraits]) -> list[Sequence[ClusterTraits]]:
    return [members[at : at + 2] for at in range(0, len(members), 2)]


def _order(one: ClusterTraits) -> tuple[str, float, str]:
    return one.stratum, *_margin(one)


def _margin(one: ClusterTraits) -> tuple[float, str]:
    return float("-inf") if one.margin is None else one.margin, one.cluster
