"""Stores with little information get the slopes of the product, others keep their own."""

import numpy as np
import pytest

from cloud.forecast.retail.shrinkage import fit_store_slopes

TRUE = np.random.default_rng(3).normal(-2, 0.5, 30)


@pytest.fixture(scope="module")
def fit():
    chance = np.random.default_rng(4)
    weeks = np.where(np.arange(30) < 15, 150, 4)  # half of the stores have four weeks
    store = np.repeat(np.arange(30), weeks)
    price = chance.normal(0, 0.3, len(store))
    y = 1.0 + 0.1 * store + TRUE[store] * price + chance.normal(0, 0.3, len(store))
    return fit_store_slopes(y, price[:, None], store, 31, rounds=30)


def test_slopes_and_noise_are_found(fit):
    assert np.abs(fit.slopes[:15, 0] - TRUE[:15]).mean() < 0.1
    assert fit.noise_sd == pytest.approx(0.3, abs=0.02)
    assert fit.mean_slopes[0] == pytest.approx(TRUE.mean(), abs=0.2)


def test_few_weeks_are_shrunk_and_say_how_uncertain_they_are(fit):
    long, short = fit.slopes[:15, 0], fit.slopes[15:30, 0]
    assert np.abs(short - TRUE[15:]).mean() < np.abs(fit.mean_slopes[0] - TRUE[15:]).mean() + 0.05
    assert short.std() < long.std()
    assert (fit.covariances[15:30, 0, 0] > 4 * fit.covariances[:15, 0, 0].max()).all()


def test_a_store_without_weeks_has_the_slopes_of_the_product_and_no_level(fit):
    assert fit.slopes[30] == pytest.approx(fit.mean_slopes, abs=0.05)
    assert np.isnan(fit.intercepts[30])
