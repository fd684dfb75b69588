"""Late reports, and with faults: duplicates, implausible reports and their corrections.

Late reports are committed with the next day. A duplicate is the same report received again a
minute later. Of the implausible reports, half have a correction with the same identity.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from simulators.lake.history import Flags, Ints

LATE_RATIO: Final = 0.002  # of the reports
DUPLICATE_RATIO: Final = 0.0005
IMPLAUSIBLE_RATIO: Final = 0.0002
CORRECTED_RATIO: Final = 0.0002
KINDS: Final = ("counts_not_negative", "viewers_within_visits", "time_within_interval")
"""Rules that implausible reports break, in turn."""


@dataclass(frozen=True, slots=True)
class FaultyReports:
    """Which reports of a batch are late, and which have a fault."""

    late: Flags
    duplicate: Flags
    implausible: Flags  # without a correction
    corrected: Flags


@dataclass(frozen=True, slots=True)
class ReportRows:
    """Rows of the raw table: the report of each, and what is wrong with it."""

    reports: Ints
    duplicate: Flags  # received again
    kinds: Ints  # number of the broken rule, -1 for a good row


def choose_faults(reports: int, *, has_faults: bool, rng: np.random.Generator) -> FaultyReports:
    """Choose for each report at most one of these."""
    chance = rng.random(reports)
    bounds = np.cumsum([0, LATE_RATIO, DUPLICATE_RATIO, IMPLAUSIBLE_RATIO, CORRECTED_RATIO])
    late, duplicate, implausible, corrected = (
        (chance >= first) & (chance < until) & (has_faults or number == 0)
        for number, (first, until) in enumerate(pairwise(bounds))
    )
    return FaultyReports(late, duplicate, implausible, corrected)


def list_rows(faults: FaultyReports) -> ReportRows:
    """The rows in the order of the reports; those of one report follow each other."""
    copies = 1 + (faults.duplicate | faults.corrected)
    reports = np.repeat(np.arange(len(copies)), copies)
    is_second = np.diff(reports, prepend=-1) == 0
    is_bad = faults.implausible[reports] | (faults.corrected[reports] & ~is_second)
    kinds = np.where(is_bad, reports % len(KINDS), -1)
    return ReportRows(reports, faults.duplicate[reports] & is_second, kinds)
