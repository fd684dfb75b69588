"""Which intervals of a day are reported, and how much of them was not observed.

A venue that closes at night pauses its cameras. Some cameras are offline for a whole week, some
are without connection for a part of the day, and some report that no frames arrived.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from simulators.lake.history import DaySlots, Flags, Ints
from simulators.synthetic.footfall_model import Profile, SyntheticSite
from wire.audience import BlindCause

CLOSED_HOURS: Final = {Profile.STATION: (1.5, 4.5), Profile.BUSINESS: (22.0, 6.0)}
"""Local hours from and until which a venue is closed; another kind never is."""
OFFLINE_WEEK_RATIO: Final = 0.01  # of the cameras, in any week
GAP_RATIO: Final = 0.2  # of the cameras, on any day
OUTAGE_RATIO: Final = 0.1  # of the cameras, on any day: the agent runs, no frames arrive
PARTLY_BLIND_RATIO: Final = 0.002  # of the reports
PARTIAL_CAUSES: Final = (
    BlindCause.OBSTRUCTED, BlindCause.BLURRED, BlindCause.DARK, BlindCause.OVEREXPOSED,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReportedIntervals:
    """One element for each report, by site and time: its site, slot and unobserved time."""

    sites: Ints
    slots: Ints
    blind_ms: dict[BlindCause, Ints]
    observed_ms: Ints


def choose_intervals(
    sites: Sequence[SyntheticSite], slots: DaySlots, rng: np.random.Generator
) -> ReportedIntervals:
    """The reports of the sites on this day."""
    shape = (len(sites), len(slots.starts_us))
    reported = ~_choose_windows(shape, GAP_RATIO, rng)
    outage = _choose_windows(shape, OUTAGE_RATIO, rng)
    reported[[_is_offline(site, slots) for site in sites]] = False
    paused = np.stack([_is_closed(site.profile, slots) for site in sites])
    of_site, of_slot = np.nonzero(reported)
    length_ms = slots.interval_ms
    blind_ms = {
        BlindCause.PAUSED: np.where(paused[reported], length_ms, 0),
        BlindCause.OFFLINE: np.where(outage[reported] & ~paused[reported], length_ms, 0),
    }
    left_ms = length_ms - blind_ms[BlindCause.PAUSED] - blind_ms[BlindCause.OFFLINE]
    partly = (rng.random(len(of_site)) < PARTLY_BLIND_RATIO) & (left_ms > 0)
    cause_of = rng.integers(0, len(PARTIAL_CAUSES), len(of_site))
    partial_ms = np.where(partly, rng.integers(500, length_ms, len(of_site)), 0)
    for number, cause in enumerate(PARTIAL_CAUSES):
        blind_ms[cause] = np.where(cause_of == number, partial_ms, 0)
    return ReportedIntervals(of_site, of_slot, blind_ms, left_ms - partial_ms)


def _choose_windows(shape: tuple[int, int], ratio: float, rng: np.random.Generator) -> Flags:
    """True in one window of up to three hours, for this share of the sites."""
    sites, slots = shape
    begins = rng.integers(0, slots, (sites, 1))
    lengths = rng.integers(1, slots // 8 + 1, (sites, 1))
    numbers = np.arange(slots)
    window = (numbers >= begins) & (numbers < begins + lengths)
    return np.asarray(window & (rng.random((sites, 1)) < ratio))


def _is_offline(site: SyntheticSite, slots: DaySlots) -> bool:
    year, week, _ = slots.day.isocalendar()
    return site.digest(f"offline {year} {week}")[0] < OFFLINE_WEEK_RATIO * 256


def _is_closed(profile: Profile, slots: DaySlots) -> Flags:
    hours = slots.local_hours
    if profile not in CLOSED_HOURS:
        return np.zeros(len(hours), dtype=np.bool_)
    first, until = CLOSED_HOURS[profile]
    is_after, is_before = hours >= first, hours < until
    return is_after & is_before if first < until else is_after | is_before
