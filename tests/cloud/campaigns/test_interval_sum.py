"""Independent errors add as squares, errors of one cause as they are, and bounds only upwards."""

import pytest

from cloud.campaigns.interval_sum import P90_SIGMAS, IntervalSum
from cloud.forecast.intervals.interval import Interval

PART = Interval(50.0, 100.0, 200.0)


def test_errors_add_by_their_cause() -> None:
    same, different = IntervalSum(), IntervalSum()
    for number in range(4):
        same.add_in_group("KX-01", PART)
        different.add_in_group(number, PART)
    assert same.interval == Interval(200, 400, 800)
    assert different.interval == Interval(300, 400, 600)
    independent = IntervalSum()
    for _ in range(4):
        independent.add(100.0, 10.0)
    assert independent.interval.p90 == pytest.approx(400 + 2 * 10 * P90_SIGMAS)


def test_sums_of_sums_are_the_sum_of_all_parts() -> None:
    parts = [IntervalSum() for _ in range(2)]
    for part in parts:
        part.add_in_group("KX-01", PART)
        part.add(1.0)
        part.add_bound(5.0)
    parts[0].combine(parts[1])
    assert parts[0].interval == Interval(102, 202, 412)
    assert parts[1].multiply(2.0).interval == Interval(102, 202, 412)


def test_a_total_is_never_negative() -> None:
    found = IntervalSum()
    found.add(1.0, 100.0)
    assert found.interval.p10 == 0
