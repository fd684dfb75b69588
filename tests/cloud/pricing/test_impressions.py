"""The impression tiers against a simulation, their limits, and invalid input."""

import math
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.forecast.intervals.interval import Interval
from cloud.pricing.dwell_curve import assume_dwell_curve, build_dwell_curve
from cloud.pricing.impressions import (
    CountCalibration,
    ImpressionError,
    Provenance,
    Spot,
    compute_arrivals,
    compute_play_impressions,
    compute_visitor_impressions,
)
from wire.histogram import ATTENTION_EDGES_MS, DWELL_EDGES_MS, tally

SPOT = Spot(spot_s=10, loop_s=60)
MEASURED = Provenance(
    basis="sensor_measured",
    measured_by="kx-01-cam-1",
    visits=1000,
    reason="four weeks measured here",
    cutoff_at=datetime(2026, 11, 20, tzinfo=UTC),
    forecast="recent-1",
)
LOOKING = Interval(600, 720, 900)
NOBODY_LOOKED = build_dwell_curve((1, *[0] * 12), ATTENTION_EDGES_MS, 0)


def drawn(name, people=200_000):
    """Dwell times at evenly spaced quantiles: a sample without the noise of one."""
    share = (np.arange(people) + 0.5) / people
    if name == "exponential 20 s":
        return -20 * np.log1p(-share)
    if name == "exponential 90 s":
        return -90 * np.log1p(-share)
    if name == "lognormal 20 s":
        normal = np.sqrt(2) * _inverse_erf(2 * share - 1)
        return 20 * np.exp(0.8 * normal - 0.32)
    return np.full(people, 4.0)


def _inverse_erf(values):
    from scipy.special import erfinv

    return erfinv(values)


def simulated(dwell_s, spot):
    """Let everybody come at a random moment of the loop and count the plays he sees enough of."""
    chance = np.random.default_rng(20261123)
    come_s = spot.loop_s * (chance.permutation(dwell_s.size) + 0.5) / dwell_s.size
    # play k runs over [k loop, k loop + spot); he is there over [come, come + dwell)
    first = np.ceil((come_s + spot.least_s - spot.spot_s) / spot.loop_s)
    last = np.floor((come_s + dwell_s - spot.least_s) / spot.loop_s)
    seen = np.where(dwell_s >= spot.least_s, np.maximum(0, last - first + 1), 0)
    return spot.loop_s * seen.mean(), (seen > 0).mean()


def as_reported(times_s, edges_ms):
    times_ms = np.rint(times_s * 1000).astype(int)
    return build_dwell_curve(tally(times_ms.tolist(), edges_ms), edges_ms, int(times_ms.sum()))


@pytest.mark.parametrize(
    "name", ["exponential 20 s", "lognormal 20 s", "constant 4 s", "exponential 90 s"]
)
def test_formula_agrees_with_simulation_within_a_percent(name):
    dwell_s = drawn(name)
    person = compute_visitor_impressions(as_reported(dwell_s, DWELL_EDGES_MS), NOBODY_LOOKED, SPOT)
    ots_s, seen = simulated(dwell_s, SPOT)
    assert person.ots_s == pytest.approx(ots_s, rel=0.01)
    assert person.seen_share == pytest.approx(seen, rel=0.01)


@pytest.mark.parametrize(("spot_s", "loop_s"), [(5, 30), (15, 60), (30, 120), (10, 10)])
def test_it_agrees_for_other_spots_and_loops(spot_s, loop_s):
    spot = Spot(spot_s, loop_s)
    dwell_s = drawn("lognormal 20 s")
    person = compute_visitor_impressions(as_reported(dwell_s, DWELL_EDGES_MS), NOBODY_LOOKED, spot)
    ots_s, seen = simulated(dwell_s, spot)
    assert person.ots_s == pytest.approx(ots_s, rel=0.01)
    assert person.seen_share == pytest.approx(seen, rel=0.01)


def test_worked_example():
    person = compute_visitor_impressions(assume_dwell_curve(20), assume_dwell_curve(2, 0.3), SPOT)
    made = compute_play_impressions(
        Interval(1200, 1200, 1200), person, MEASURED, attention_s=Interval(600, 720, 900)
    )
    assert made.ots.p50 == pytest.approx(9.19, abs=0.01)
    assert made.gross.p50 == pytest.approx(10.0)  # 1/3 a second x (10 + 20)
    assert made.attention_s.p50 == pytest.approx(720 / 3600 * 10)


@pytest.mark.parametrize("spot", [Spot(5, 30), Spot(10, 60), Spot(30, 120)])
def test_an_hour_of_plays_has_the_attention_seconds_of_the_price(spot):
    person = compute_visitor_impressions(assume_dwell_curve(20), assume_dwell_curve(2, 0.3), spot)
    attention_s = Interval(500, 700, 950)  # not what entries times mean looking time would give
    made = compute_play_impressions(
        Interval(1000, 1200, 1500), person, MEASURED, attention_s=attention_s
    )
    plays = 3600 / spot.spot_s
    assert made.attention_s.p50 * plays == pytest.approx(attention_s.p50)
    assert made.attention_s.p10 * plays == pytest.approx(attention_s.p10)
    assert made.attention_s.p90 * plays == pytest.approx(attention_s.p90)


def test_without_a_least_time_and_dwell_it_is_the_share_of_the_hour():
    instant = build_dwell_curve((1, *[0] * 14), DWELL_EDGES_MS, 0)
    person = compute_visitor_impressions(instant, NOBODY_LOOKED, Spot(10, 60, least_s=0))
    assert person.ots_s == pytest.approx(10, rel=1e-3)  # "prorated": arrivals x spot


def test_who_stays_for_the_rest_of_the_loop_sees_one_play():
    person = compute_visitor_impressions(
        as_reported(np.full(100, 52.0), DWELL_EDGES_MS), NOBODY_LOOKED, Spot(10, 60)
    )
    assert person.ots_s == pytest.approx(60)  # "dwell mode": arrivals x loop
    assert person.seen_share == pytest.approx(1.0, abs=0.03)  # the bucket is 45-60 s wide


def test_a_glimpse_is_no_opportunity():
    person = compute_visitor_impressions(
        as_reported(np.full(100, 0.9), DWELL_EDGES_MS), NOBODY_LOOKED, SPOT
    )
    assert person.ots_s == pytest.approx(0, abs=0.5)
    assert person.seen_share == 0
    assert person.gross_s == pytest.approx(10.9)


def test_sums_are_exact_whatever_lies_inside_the_buckets():
    early = build_dwell_curve((0,) * 7 + (100, *[0] * 7), DWELL_EDGES_MS, 100 * 15_500)
    late = build_dwell_curve((0,) * 7 + (100, *[0] * 7), DWELL_EDGES_MS, 100 * 19_500)
    ots_s = [
        compute_visitor_impressions(stays, NOBODY_LOOKED, SPOT).ots_s for stays in (early, late)
    ]
    assert ots_s == [pytest.approx(15.5 + 8), pytest.approx(19.5 + 8)]


histograms = st.lists(st.integers(0, 500), min_size=15, max_size=15).filter(any)


def stays_of(counts):
    middles = [500, 1500, 2500, 4000, 6000, 8500, 12500, 17500, 25000]
    middles += [37500, 52500, 75000, 105000, 210000, 400000]
    total = sum(count * middle for count, middle in zip(counts, middles, strict=True))
    return build_dwell_curve(tuple(counts), DWELL_EDGES_MS, total)


@given(counts=histograms, spot_s=st.integers(1, 59))
def test_a_longer_spot_never_earns_less(counts, spot_s):
    stays = stays_of(counts)
    short, long = (
        compute_visitor_impressions(stays, stays, Spot(length_s, 60))
        for length_s in (spot_s, spot_s + 1)
    )
    assert short.ots_s <= long.ots_s
    assert short.seen_share <= long.seen_share


@given(counts=histograms)
def test_a_visitor_who_stays_longer_never_earns_less(counts):
    counts = list(counts)
    bucket = max(index for index, count in enumerate(counts) if count)
    longer = counts.copy()
    longer[bucket] -= 1
    longer[min(14, bucket + 1)] += 1
    before, after = (
        compute_visitor_impressions(stays_of(one), NOBODY_LOOKED, SPOT) for one in (counts, longer)
    )
    assert after.ots_s >= before.ots_s - 1e-9


@given(counts=histograms, entries=st.floats(0, 1e5))
def test_tiers_only_ever_narrow(counts, entries):
    stays = stays_of(counts)
    looking = build_dwell_curve((50, 0, 0, 30, 10, *[0] * 8), ATTENTION_EDGES_MS, 30_000 + 25_000)
    made = compute_play_impressions(
        Interval(entries * 0.8, entries, entries * 1.3),
        compute_visitor_impressions(stays, looking, SPOT),
        MEASURED,
        attention_s=LOOKING,
    )
    assert made.gross.p50 >= made.ots.p50 >= made.lts.p50 >= 0


def test_error_bars_hold_forecast_sample_and_calibration():
    entries = Interval(900, 1000, 1100)
    few = build_dwell_curve((0, 5, 0, 5, *[0] * 11), DWELL_EDGES_MS, 5 * 1500 + 5 * 4000)
    person = compute_visitor_impressions(few, NOBODY_LOOKED, SPOT)
    plain = compute_play_impressions(entries, person, MEASURED, attention_s=LOOKING)
    unsure = Provenance(
        **{**_fields(MEASURED), "calibration": CountCalibration(1.25, 0.2, "walk-3")}
    )
    calibrated = compute_play_impressions(entries, person, unsure, attention_s=LOOKING)
    assert plain.ots.p90 / plain.ots.p50 > entries.p90 / entries.p50
    assert calibrated.ots.p50 == pytest.approx(1.25 * plain.ots.p50)
    assert calibrated.ots.p90 / calibrated.ots.p50 > plain.ots.p90 / plain.ots.p50
    assert calibrated.ots.p10 / calibrated.ots.p50 < plain.ots.p10 / plain.ots.p50


def _fields(provenance):
    return {name: getattr(provenance, name) for name in Provenance.__slots__}


def test_sample_error_is_that_of_a_resample():
    chance = np.random.default_rng(7)
    sample = chance.exponential(20, (400, 300))
    windows = np.where(sample >= 1, sample + 8, 0).mean(axis=1)
    person = compute_visitor_impressions(
        as_reported(sample[0], DWELL_EDGES_MS), NOBODY_LOOKED, SPOT
    )
    assert person.ots_error == pytest.approx(windows.std() / windows.mean(), rel=0.15)


@pytest.mark.parametrize(
    "entries", [Interval(0, 0, 0), Interval(0, 0, 40), Interval(0, 30, 40), Interval(5, 5, 5)]
)
def test_quiet_hours_keep_their_order(entries):
    made = compute_play_impressions(
        entries,
        compute_visitor_impressions(assume_dwell_curve(20), assume_dwell_curve(2, 0.3), SPOT),
        MEASURED,
        attention_s=LOOKING,
    )
    assert made.ots.p10 <= made.ots.p50 <= made.ots.p90
    assert made.ots.p10 == 0 if entries.p10 == 0 else made.ots.p10 > 0


def test_small_cells_and_the_unknown_are_not_shown():
    person = compute_visitor_impressions(assume_dwell_curve(20), assume_dwell_curve(2, 0.3), SPOT)
    cells = {"25-34": 60, "35-44": 31, "55+": 9, "unknown": 70, "25-34 unknown": 30}
    made = compute_play_impressions(
        Interval(1200, 1200, 1200), person, MEASURED, attention_s=LOOKING, cells=cells
    )
    assert set(made.audience) == {"25-34", "35-44"}
    assert made.audience["25-34"].p50 == pytest.approx(made.lts.p50 * 0.3)
    plain = compute_play_impressions(
        Interval(1200, 1200, 1200), person, MEASURED, attention_s=LOOKING
    )
    assert plain.audience is None


def test_arrivals_follow_from_a_crowd():
    assert compute_arrivals(crowd=5, dwell_mean_s=20) == 900


@pytest.mark.parametrize(
    ("spot_s", "loop_s", "least_s"),
    [(0, 60, 1), (61, 60, 1), (10, 3601, 1), (10, 60, 11), (math.nan, 60, 1), (10, 60, -1)],
)
def test_impossible_spots_are_refused(spot_s, loop_s, least_s):
    with pytest.raises(ImpressionError, match="expected 0 < spot <= loop"):
        Spot(spot_s, loop_s, least_s)


@pytest.mark.parametrize(("factor", "deviation"), [(0, 0), (math.nan, 0), (1, -1), (1, math.inf)])
def test_impossible_calibrations_are_refused(factor, deviation):
    with pytest.raises(ImpressionError, match="expected a factor above 0"):
        CountCalibration(factor, deviation)
