"""The intervals of shares and lengths are calibrated on simulated data."""

from datetime import date

import numpy as np
import pytest

from cloud.forecast import venue_profiles
from cloud.forecast.visitors.share_estimates import VisitCounts, estimate_dwell, estimate_shares

WEEKS = 8
SHAPE = venue_profiles.build_week_shape(date(2024, 1, 1))
WEEKEND = np.arange(7) >= 5


def drawn(level: float, seed: int) -> tuple[np.random.Generator, np.ndarray]:
    """Visitors of nine weeks, of which the last is the truth to come."""
    chance = np.random.default_rng(seed)
    return chance, chance.poisson(level * SHAPE, (WEEKS + 1, 168)).astype(float)


def coverage(band: np.ndarray, truth: np.ndarray, seen: np.ndarray) -> float:
    return float(((band[0] <= truth) & (truth <= band[2]))[seen].mean())


@pytest.mark.parametrize("alike", [0.0, 0.02])
@pytest.mark.parametrize("level", [40, 900])
def test_four_in_five_hours_show_a_share_inside_the_band(level: float, alike: float):
    inside = []
    for seed in range(6):
        chance, number = drawn(level, seed)
        rate = 0.12 + 0.08 * np.sin(np.arange(168) * 2 * np.pi / 24)
        if alike:
            size = 1 / alike - 1
            rate = chance.beta(rate * size, (1 - rate) * size, number.shape)
        looked = chance.binomial(number.astype(int), rate).astype(float)
        (band,) = estimate_shares(looked[None, :-1], VisitCounts(number[:-1], WEEKEND))
        seen = number[-1] >= 20
        inside.append(coverage(band, (looked[-1] / np.maximum(number[-1], 1)), seen))

    assert 0.75 < np.mean(inside) < 0.86


def test_four_in_five_hours_show_a_stay_inside_the_band():
    inside, middle = [], []
    for seed in range(6):
        chance, number = drawn(300, seed)
        common = chance.lognormal(np.log(20), 0.1, number.shape)
        scatter = chance.normal(0, 1, number.shape) * 0.8 / np.sqrt(np.maximum(number, 1))
        total_s = number * common * np.exp(scatter)
        band = estimate_dwell(total_s[:-1], VisitCounts(number[:-1], WEEKEND))
        seen = number[-1] > 0
        inside.append(coverage(band, total_s[-1] / np.maximum(number[-1], 1), seen))
        middle.append(band[1].mean())

    assert 0.75 < np.mean(inside) < 0.85
    assert np.mean(middle) == pytest.approx(20, rel=0.03)


def test_groups_add_up_to_everybody_and_four_in_five_lie_in_their_bands():
    chance, number = drawn(200, 3)
    true = np.array([0.5, 0.3, 0.15, 0.05])
    counts = chance.multinomial(number.astype(int), true).transpose(2, 0, 1).astype(float)
    bands = estimate_shares(counts[:, :-1], VisitCounts(number[:-1], WEEKEND))
    seen = number[-1] >= 20
    inside = [
        coverage(band, count / np.maximum(number[-1], 1), seen)
        for band, count in zip(bands, counts[:, -1], strict=True)
    ]

    assert bands[:, 1].sum(axis=0) == pytest.approx(np.ones(168))
    assert bands[:, 1].mean(axis=1) == pytest.approx(true, abs=0.01)
    assert 0.75 < np.mean(inside) < 0.88
    assert (np.diff(bands, axis=1) >= 0).all()


def test_an_hour_with_few_visitors_is_shrunk_towards_its_kind_of_day():
    number = np.full((WEEKS, 168), 100.0)
    looked = number * 0.2
    number[:, 10], looked[:, 10] = np.nan, np.nan
    number[-1, 10], looked[-1, 10] = 2.0, 2.0
    (band,) = estimate_shares(looked[None], VisitCounts(number, WEEKEND))

    assert 0.2 < band[1, 10] < 0.3
    assert band[2, 10] - band[0, 10] > band[2, 11] - band[0, 11]


def test_without_visitors_the_shares_are_defined_and_no_error_is_raised():
    nobody = np.zeros((WEEKS, 168))
    (band,) = estimate_shares(nobody[None], VisitCounts(nobody, WEEKEND))

    assert np.isfinite(band).all()
    assert np.isfinite(estimate_dwell(nobody, VisitCounts(nobody, WEEKEND))).all()
