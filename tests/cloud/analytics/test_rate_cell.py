"""The state of a cell: nothing observed is no rate of zero, and few visits are suppressed."""

import pytest

from cloud.analytics.analytics_query import AttentionMeasure
from cloud.analytics.rate_cell import CellState, compute_cell
from cloud.analytics.site_hours import CellSums

HOUR_MS = 3_600_000


def day(observed_ms: int = HOUR_MS, visits: int = 0, expected_ms: int = HOUR_MS) -> CellSums:
    return CellSums(expected_ms, observed_ms, visits * 5_000, 0, visits, 0)


@pytest.mark.parametrize(
    ("days", "state"),
    [
        ([], CellState.NOT_EXPECTED),
        ([day(0, expected_ms=0)], CellState.NOT_EXPECTED),
        ([day(0)], CellState.NOT_OBSERVED),
        ([day(visits=4), day(visits=5), day(0)], CellState.SUPPRESSED),
        ([day()], CellState.SUPPRESSED),
        ([day(visits=4), day(visits=6)], CellState.MEASURED),
    ],
)
def test_a_cell_has_a_rate_or_says_why_not(days: list[CellSums], state: CellState) -> None:
    cell = compute_cell(days, AttentionMeasure.VIEWERS)
    assert cell.state is state
    assert (cell.rate is not None) is (state is CellState.MEASURED)


def test_visits_of_which_none_looked_are_a_rate_of_zero_with_an_upper_limit() -> None:
    cell = compute_cell([day(visits=50)] * 5, AttentionMeasure.VIEWERS)
    assert cell.rate is not None
    assert (cell.rate.value, cell.rate.low) == (0.0, 0.0)
    assert cell.rate.high is not None
    assert 0 < cell.rate.high < 0.05
