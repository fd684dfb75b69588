"""The third highest and third lowest of each hour of the week in blocks of eight weeks."""

import numpy as np
import pytest

from cloud.forecast.history.outlier_references import (
    BLOCK_W,
    compute_third_highest,
    compute_third_lowest,
)
from cloud.forecast.series import WEEK_H

WEEKEND = np.array([False] * 5 + [True] * 2)
"""Of weeks that start on a Monday."""
SATURDAY_H = 5 * 24


def blocks(*of_hour: float, hour: int = 0) -> np.ndarray:
    """One block in which the weeks have these values at one hour and nothing else."""
    found = np.full((1, 1, BLOCK_W, WEEK_H), np.nan)
    found[0, 0, : len(of_hour), hour] = of_hour
    return found


def test_all_hours_have_the_third_value_of_their_sorted_weeks():
    values = np.random.default_rng(1).lognormal(3, 1, (2, 3, BLOCK_W, WEEK_H))
    ordered = np.sort(values, axis=2)

    assert (compute_third_highest(values, WEEKEND) == ordered[:, :, -3]).all()
    assert (compute_third_lowest(values, WEEKEND) == ordered[:, :, 2]).all()


def test_missing_weeks_do_not_count():
    found = blocks(5, 1, np.nan, 4, 2, 3)

    assert compute_third_highest(found, WEEKEND)[0, 0, 0] == 3
    assert compute_third_lowest(found, WEEKEND)[0, 0, 0] == 3
    assert np.isnan(compute_third_highest(found, WEEKEND)[0, 0, 1:]).all()


@pytest.mark.parametrize("values", [(), (7,), (7, 9), (7, 9, 8)])
def test_fewer_than_four_hours_of_a_kind_have_no_reference(values: tuple[float, ...]):
    assert np.isnan(compute_third_highest(blocks(*values), WEEKEND)).all()
    assert np.isnan(compute_third_lowest(blocks(*values), WEEKEND)).all()


def test_an_hour_observed_in_few_weeks_has_the_reference_of_all_days_of_its_kind():
    weeks = blocks(90, 80)  # Monday at midnight
    weeks[0, 0, 0, 24] = 70  # Tuesday
    weeks[0, 0, 0, 48] = 60
    weeks[0, 0, :4, SATURDAY_H] = (1, 2, 3, 4)
    found = compute_third_highest(weeks, WEEKEND)[0, 0]

    assert found[[0, 24, 48, 72, 96]].tolist() == [70] * 5  # of 90, 80, 70, 60
    assert found[[SATURDAY_H, SATURDAY_H + 24]].tolist() == [2, 2]  # of 4, 3, 2, 1
    assert np.isfinite(found).sum() == 7


def test_blocks_are_independent_of_each_other():
    first, second = blocks(1, 2, 3, 4), blocks(10, 20)
    both = np.concatenate([first, second], axis=1)
    found = compute_third_highest(both, WEEKEND)[0, :, 0]

    assert found.tolist() == pytest.approx([2, np.nan], nan_ok=True)


def test_zeros_are_observed():
    assert compute_third_highest(blocks(0, 0, 0, 0), WEEKEND)[0, 0, 0] == 0
