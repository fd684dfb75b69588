"""Three quantiles in ascending order from zero; a wider interval keeps its middle."""

import math

import pytest

from cloud.forecast.intervals.interval import Interval, IntervalError


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("at", range(3))
def test_a_value_that_is_not_finite_is_refused(value: float, at: int):
    values = [1.0, 2.0, 3.0]
    values[at] = value
    with pytest.raises(IntervalError, match="has a value that is not a number"):
        Interval(*values)


@pytest.mark.parametrize("values", [(3.0, 2.0, 4.0), (1.0, 3.0, 2.0), (-0.1, 2.0, 3.0)])
def test_values_out_of_order_or_below_zero_are_refused_with_what_was_found(
    values: tuple[float, float, float],
):
    with pytest.raises(IntervalError) as refused:
        Interval(*values)

    assert f"p50={values[1]}" in str(refused.value)
    assert str(refused.value).endswith("expected 0 <= P10 <= P50 <= P90")


def test_three_equal_values_or_zeros_are_an_interval():
    assert Interval(0, 0, 0) == Interval(0.0, 0.0, 0.0)
    assert Interval(5, 5, 5).widened(3) == Interval(5, 5, 5)


@pytest.mark.parametrize(
    ("times", "widened"),
    [
        (1.0, (6, 10, 18)),
        (1.5, (4, 10, 22)),
        (0.5, (8, 10, 14)),
        (0.0, (10, 10, 10)),
        (5.0, (0, 10, 50)),  # 10 - 20 would be below zero
    ],
)
def test_both_sides_are_so_many_times_as_far_from_the_middle(
    times: float, widened: tuple[float, float, float]
):
    assert Interval(6, 10, 18).widened(times) == Interval(*widened)


def test_a_negative_width_is_refused():
    with pytest.raises(IntervalError, match="not in ascending order"):
        Interval(6, 10, 18).widened(-1)
