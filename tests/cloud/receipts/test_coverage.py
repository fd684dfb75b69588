"""Gaps and overlaps of intervals.

booked   ████████  ████
covered  ██ ███      ██
gaps       ▒   ▒▒  ▒▒
"""

from datetime import timedelta

import pytest

from cloud.receipts.coverage import find_gaps, is_overlapping, merge_ranges
from cloud.receipts.receipt_file import TimeSpan
from tests.cloud.receipts.receipt_data import NINE


def span(begin, end):
    """Seconds after nine."""
    at = [NINE + timedelta(seconds=seconds) for seconds in (begin, end)]
    return TimeSpan(starts_at=at[0], ends_at=at[1])


@pytest.mark.parametrize(
    ("booked", "covered", "gaps"),
    [
        ([(0, 80), (100, 140)], [(0, 20), (30, 60), (120, 140)], [(20, 30), (60, 80), (100, 120)]),
        ([(0, 80)], [], [(0, 80)]),
        ([(0, 80)], [(-30, 100)], []),
        ([(0, 80)], [(40, 90), (-10, 41)], []),
        ([(0, 80)], [(0, 39.5), (40, 79.5)], []),  # less than a second
        ([(0, 80)], [(100, 120)], [(0, 80)]),
        ([], [(0, 10)], []),
    ],
)
def test_gaps(booked, covered, gaps):
    found = find_gaps([span(*one) for one in booked], [span(*one) for one in covered])
    assert list(found) == [span(*one) for one in gaps]


@pytest.mark.parametrize(
    ("one", "expected"),
    [((0, 10), False), ((0, 11), True), ((20, 30), False), ((19, 40), True), ((15, 16), True),
     ((50, 60), False), ((0, 60), True)],
)  # fmt: skip
def test_an_interval_overlaps_booked_time(one, expected):
    assert is_overlapping([span(10, 20), span(30, 50)], span(*one)) is expected


def test_ranges_that_touch_or_overlap_are_one():
    merged = merge_ranges([span(30, 60), span(0, 30), span(50, 55), span(70, 80)])
    assert merged == [span(0, 60), span(70, 80)]
