"""Visits of many intervals at once: how many, how long, and how long they looked.

The weekly patterns are those of `footfall_model`. Dwell and looking time are drawn as counts by
bucket, so that a row costs the same for ten visits as for a thousand.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import erf, log, sqrt
from typing import Final

import numpy as np
import numpy.typing as npt

from simulators.lake.availability import ReportedIntervals
from simulators.lake.history import DaySlots, Floats, Ints
from simulators.synthetic.footfall_model import (
    PATTERNS,
    Profile,
    SyntheticSite,
    WeeklyPattern,
    site_scale,
)
from wire.histogram import ATTENTION_EDGES_MS, DWELL_EDGES_MS

DWELL_SPREAD: Final = 0.75
GLANCE_SPREAD: Final = 0.8
HOUR_MS: Final = 3_600_000
ONLOOKER_BUCKET: Final = ATTENTION_EDGES_MS.index(1_000) + 1
FRIDAY, SATURDAY, SUNDAY = 4, 5, 6


@dataclass(frozen=True, slots=True)
class VisitSums:
    """Figures of each report."""

    visits: Ints
    onlookers: Ints
    person_ms: Ints
    facing_ms: Ints
    looking_ms: Ints
    unsure_ms: Ints
    peak: Ints
    dwell_histogram: Ints  # by report and bucket
    attention_histogram: Ints


def draw_visits(
    sites: Sequence[SyntheticSite],
    slots: DaySlots,
    intervals: ReportedIntervals,
    rng: np.random.Generator,
) -> VisitSums:
    """Draw the visits of all reports."""
    expected = _expect_visits(sites, slots, intervals, rng)
    visits = rng.poisson(expected)
    kinds = np.array([str(site.profile) for site in sites])[intervals.sites]
    dwell = _draw_buckets(visits, kinds, _dwell_shares, rng)
    attention = _draw_buckets(visits, kinds, _attention_shares, rng)
    person_ms = _add_up(dwell, DWELL_EDGES_MS, rng)
    looking_ms = np.minimum(_add_up(attention, ATTENTION_EDGES_MS, rng), person_ms * 9 // 10)
    unsure_ms = (person_ms - looking_ms) * 12 // 100
    at_once = person_ms / np.maximum(1, intervals.observed_ms)
    peak = np.minimum(visits, np.rint(at_once + 2.5 * np.sqrt(at_once)).astype(np.int64) + 1)
    return VisitSums(
        visits,
        attention[:, ONLOOKER_BUCKET:].sum(axis=1),
        person_ms,
        looking_ms + (person_ms - looking_ms - unsure_ms) * 35 // 100,
        looking_ms,
        unsure_ms,
        peak,
        dwell,
        attention,
    )


def _expect_visits(
    sites: Sequence[SyntheticSite],
    slots: DaySlots,
    intervals: ReportedIntervals,
    rng: np.random.Generator,
) -> Floats:
    """The mean number of visits of each report."""
    by_profile = {profile: list_hourly_rates(PATTERNS[profile], slots) for profile in Profile}
    rates = np.stack([by_profile[site.profile] for site in sites])
    scale = np.array([site_scale(site) for site in sites]) * rng.lognormal(0.0, 0.1, len(sites))
    noise = rng.gamma(40, 1 / 40, len(intervals.sites))
    rate = rates[intervals.sites, intervals.slots] * scale[intervals.sites] * noise
    return np.asarray(rate * intervals.observed_ms / HOUR_MS)


def list_hourly_rates(pattern: WeeklyPattern, slots: DaySlots) -> Floats:
    """Visits per hour of each interval of the day, before random variation."""
    working, weekend = (
        np.interp(slots.local_hours, [at for at, _ in points], [rate for _, rate in points])
        for points in (pattern.working_day, pattern.weekend)
    )
    weekdays = slots.local_weekdays
    factor = np.where(weekdays == FRIDAY, pattern.friday, 1.0)
    factor = np.where(weekdays == SUNDAY, pattern.sunday, factor)
    return np.asarray(np.where(weekdays >= SATURDAY, weekend, working) * factor)


def _draw_buckets(
    visits: Ints,
    kinds: npt.NDArray[np.str_],
    shares: Callable[[WeeklyPattern], Sequence[float]],
    rng: np.random.Generator,
) -> Ints:
    """Divide the visits of each report among the buckets of a histogram."""
    found = {profile: np.array(shares(PATTERNS[profile])) for profile in Profile}
    counts = np.zeros((len(visits), len(found[Profile.STATION])), dtype=np.int64)
    for profile, probabilities in found.items():
        rows = np.flatnonzero(kinds == str(profile))
        counts[rows] = rng.multinomial(visits[rows], probabilities)
    return counts


def _dwell_shares(pattern: WeeklyPattern) -> list[float]:
    """The probability of each bucket of the dwell of a visit."""
    return _divide_lognormal(1_000 * pattern.dwell_s, DWELL_SPREAD, DWELL_EDGES_MS)


def _attention_shares(pattern: WeeklyPattern) -> list[float]:
    """The probability of each bucket of the looking time; the first is that of never looking."""
    glances = _divide_lognormal(1_000 * pattern.glance_s, GLANCE_SPREAD, ATTENTION_EDGES_MS[1:])
    return [1 - pattern.looking_share, *(pattern.looking_share * share for share in glances)]


def _divide_lognormal(median_ms: float, spread: float, edges_ms: Sequence[int]) -> list[float]:
    below = [0.5 + erf(log(edge / median_ms) / spread / sqrt(2)) / 2 for edge in edges_ms]
    return [upper - lower for lower, upper in zip([0.0, *below], [*below, 1.0], strict=True)]


def _add_up(counts: Ints, edges_ms: Sequence[int], rng: np.random.Generator) -> Ints:
    """The total time of the visits of each report, from the middles of their buckets."""
    edges = [0, *edges_ms, edges_ms[-1] * 3 // 2]
    middles = [(low + high) // 2 for low, high in pairwise(edges)]
    total_ms = counts @ np.array(middles) * rng.uniform(0.95, 1.05, len(counts))
    return np.asarray(total_ms.astype(np.int64))
