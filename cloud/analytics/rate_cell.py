"""The rate of one cell of an analysis, or why it has none.

A cell with fewer than ten visits is suppressed: its rate would be noise, and would describe single
persons; so would its sums of visits and of time in view. Nothing observed is no rate of zero.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cloud.analytics.analytics_query import AttentionMeasure
from cloud.analytics.ratio import RatioEstimate, estimate_ratio
from cloud.analytics.site_hours import CellSums, total_of

MIN_VISITS: Final = 10


class CellState(StrEnum):
    """Whether a cell has a rate."""

    MEASURED = "measured"
    SUPPRESSED = "suppressed"  # fewer than MIN_VISITS visits
    NOT_OBSERVED = "not_observed"  # expected, and no camera measured
    NOT_EXPECTED = "not_expected"  # no camera was expected


@dataclass(frozen=True, slots=True)
class RateCell:
    """The sums of a cell and its rate; the rate is None unless it is measured."""

    state: CellState
    sums: CellSums
    rate: RatioEstimate | None


def compute_cell(days: Collection[CellSums], measure: AttentionMeasure) -> RateCell:
    """The rate over some days."""
    whole = total_of(days)
    if not whole.observed_ms:
        expected = whole.expected_ms > 0
        return RateCell(
            CellState.NOT_OBSERVED if expected else CellState.NOT_EXPECTED, whole, None
        )  # fmt: skip
    if whole.visits < MIN_VISITS:
        return RateCell(CellState.SUPPRESSED, whole, None)
    return RateCell(CellState.MEASURED, whole, estimate_ratio(days, measure))
