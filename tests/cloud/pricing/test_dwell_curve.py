"""Survival curves from histograms: exact at the edges, exact in the mean, hand-computed inside."""

import math
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.pricing.dwell_curve import DwellCurveError, assume_dwell_curve, build_dwell_curve
from wire.histogram import DWELL_EDGES_MS

EDGES_MS = (1_000, 3_000)


histograms = st.lists(st.integers(0, 500), min_size=15, max_size=15).filter(any)


def stays_of(counts):
    middles = [500, 1500, 2500, 4000, 6000, 8500, 12500, 17500, 25000]
    middles += [37500, 52500, 75000, 105000, 210000, 400000]
    total = sum(count * middle for count, middle in zip(counts, middles, strict=True))
    return build_dwell_curve(tuple(counts), DWELL_EDGES_MS, total)


@given(counts=histograms)
def test_the_curve_only_falls_and_its_area_only_grows(counts):
    stays = stays_of(counts)
    times_s = [0, 0.5, 1, 1.01, 4.9, 5, 60, 299, 300, 1000, 1e6]
    alive = [stays.still_there(time_s) for time_s in times_s]
    areas_s = [stays.until_s(time_s) for time_s in times_s]
    assert alive == sorted(alive, reverse=True)
    assert areas_s == sorted(areas_s)
    assert all(0 <= share <= 1 for share in alive)


@pytest.mark.parametrize(
    ("counts", "total_ms", "sentence"),
    [
        ((0,) * 15, 0, "the dwell is unknown"),
        ((1,) * 14, 10, "expected 15 counts"),
        ((-1, *[1] * 14), 10, "none below zero"),
        ((1,) * 15, -1, "none below zero"),
    ],
)
def test_impossible_histograms_are_refused(counts, total_ms, sentence):
    with pytest.raises(DwellCurveError, match=sentence):
        build_dwell_curve(counts, DWELL_EDGES_MS, total_ms)


def test_at_an_edge_the_share_is_exact_and_the_mean_is_that_of_the_total():
    curve = build_dwell_curve((1, 2, 1), EDGES_MS, 10_000)
    assert [curve.still_there(at_s) for at_s in (0, 1, 3)] == [1, 0.75, 0.25]
    assert (curve.people, curve.mean_s) == (4, 2.5)
    assert curve.until_s(1e9) == pytest.approx(2.5)
    assert curve.beyond_s(0) == 2.5
    assert curve.beyond_s(1e9) == pytest.approx(0)


def test_inside_a_bucket_people_leave_at_a_constant_rate():
    curve = build_dwell_curve((0, 3, 1), EDGES_MS, 10_000)
    assert curve.still_there(0.5) == 1
    assert curve.still_there(2) == pytest.approx(0.5)  # the root of 1 and 0.25


def test_in_the_last_bucket_with_people_they_leave_evenly():
    curve = build_dwell_curve((0, 4, 0), EDGES_MS, 8_000)
    assert [curve.still_there(at_s) for at_s in (1, 1.5, 2, 3, 5)] == [1, 0.75, 0.5, 0, 0]
    assert curve.until_s(2) == pytest.approx(1 + 0.75)
    assert curve.until_s(3) == pytest.approx(2)


def test_a_pickled_curve_is_the_same_curve():
    curve = build_dwell_curve((0, 4, 0), EDGES_MS, 8_000)
    again = pickle.loads(pickle.dumps(curve))
    for at_s in (0, 1, 1.5, 3, 5):
        assert again.still_there(at_s) == curve.still_there(at_s)
        assert again.until_s(at_s) == curve.until_s(at_s)


def test_a_total_below_the_closed_buckets_leaves_a_usable_tail():
    curve = build_dwell_curve((0, 1, 1), EDGES_MS, 100)
    assert 0 < curve.still_there(10) < curve.still_there(3) == 0.5
    assert curve.beyond_s(0) == pytest.approx(0.05)


def test_the_spread_is_that_of_the_middles_of_the_buckets():
    curve = build_dwell_curve((2, 2, 0), EDGES_MS, 5_000)
    assert curve.spread(lambda time_s: time_s) == pytest.approx(0.75)  # 0.5 s and 2 s
    assert curve.spread(lambda _: 7.0) == 0


def test_an_assumed_curve_falls_steadily_from_its_share():
    curve = assume_dwell_curve(20, 0.3)
    assert curve.still_there(0) == 0.3
    assert curve.still_there(20) == pytest.approx(0.3 / math.e)
    assert (curve.mean_s, curve.people) == (6, 0)
    assert assume_dwell_curve(20, 0).until_s(5) == 0


@pytest.mark.parametrize(
    ("mean_s", "share"), [(0, 1), (-1, 1), (math.nan, 1), (math.inf, 1), (5, 1.1), (5, -0.1)]
)
def test_impossible_assumptions_are_refused(mean_s, share):
    with pytest.raises(DwellCurveError, match="expected a time and 0 to 1"):
        assume_dwell_curve(mean_s, share)


@pytest.mark.parametrize("at_s", [-0.001, math.nan])
def test_no_time_before_the_arrival_is_asked_for(at_s):
    curve = assume_dwell_curve(20)
    with pytest.raises(DwellCurveError, match="expected 0 s or more"):
        curve.still_there(at_s)
    with pytest.raises(DwellCurveError, match="expected 0 s or more"):
        curve.until_s(at_s)
