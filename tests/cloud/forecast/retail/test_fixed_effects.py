"""Regressions within groups agree with dummy variables and with published estimates."""

import numpy as np
import pytest

from cloud.forecast.retail.fixed_effects import (
    TooFewRowsError,
    fit_within,
    subtract_group_means,
)
from tests.cloud.forecast.retail.pricing_data import read_avocados, read_orange_juice


@pytest.fixture(scope="module")
def rows():
    chance = np.random.default_rng(7)
    store, week = (one.ravel() for one in np.indices((6, 40)))
    kept = chance.random(store.size) < 0.9  # unbalanced
    store, week = store[kept], week[kept]
    x = np.column_stack([chance.normal(size=len(store)), chance.normal(size=len(store)) + store])
    y = x @ [-2.0, 0.5] + 0.3 * store + 0.2 * np.sin(week) + chance.normal(0, 0.3, len(store))
    return y, x, store, week


def solve_dummies(y, x, *groupings):
    """The same regression with a dummy variable for each group: an independent solution."""
    dummies = [np.equal.outer(one, np.unique(one)).astype(float) for one in groupings]
    design = np.column_stack([x, *dummies])
    solved = np.linalg.lstsq(design, y, rcond=None)[0]
    return solved[: x.shape[1]], y - design @ solved, design


def test_one_and_two_groupings_equal_dummy_variables(rows):
    y, x, store, week = rows
    for groupings in ([store], [store, week]):
        fit = fit_within(y, x, groupings, [store])
        expected, residuals, _ = solve_dummies(y, x, *groupings)
        assert fit.coefficients == pytest.approx(expected, abs=1e-7)
        assert fit.residuals == pytest.approx(residuals, abs=1e-6)


def test_the_cluster_covariance_is_the_sandwich_of_the_dummy_regression(rows):
    y, x, store, _ = rows
    fit = fit_within(y, x, [store], [store])
    _, residuals, design = solve_dummies(y, x, store)
    bread = np.linalg.pinv(design.T @ design)
    scores = [design[store == one].T @ residuals[store == one] for one in np.unique(store)]
    meat = sum(np.outer(one, one) for one in scores)
    g, n, k = len(scores), len(y), 2
    expected = (bread @ meat @ bread)[:2, :2] * (g / (g - 1) * (n - 1) / (n - k))
    assert fit.covariance == pytest.approx(expected, rel=1e-6)
    assert fit.clusters == 6


def test_clusters_of_both_kinds_add_up_less_their_intersection(rows):
    y, x, store, week = rows
    both = fit_within(y, x, [store], [store, week]).covariance
    alone = [fit_within(y, x, [store], [one]).covariance for one in (store, week)]
    rows_alone = fit_within(y, x, [store], [np.arange(len(y))]).covariance
    assert both == pytest.approx(alone[0] + alone[1] - rows_alone)


def test_a_regressor_that_does_not_vary_within_groups_has_no_coefficient(rows):
    y, x, store, _ = rows
    fit = fit_within(y, np.column_stack([x, store]), [store], [store])
    assert np.isnan(fit.coefficients[2])
    assert fit.coefficients[:2] == pytest.approx(fit_within(y, x, [store], [store]).coefficients)


def test_too_few_rows_or_clusters_are_refused():
    with pytest.raises(TooFewRowsError, match="give more weeks or stores"):
        fit_within(np.ones(3), np.ones((3, 2)), [np.zeros(3, int)], [np.arange(3)])
    with pytest.raises(TooFewRowsError):
        fit_within(np.ones(9), np.ones((9, 2)), [np.zeros(9, int)], [np.zeros(9, int)])


def test_means_of_nested_groups_are_removed_in_one_round():
    values = np.array([[1.0], [3.0], [10.0]])
    assert subtract_group_means(values, [np.array([4, 4, 9])]).ravel().tolist() == [-1, 1, 0]


def test_published_regressions_of_orange_juice_are_reproduced():
    """Taddy's three brands, without effects of the store."""
    panel = read_orange_juice()
    for product, expected in ((9, -3.378), (4, -3.321), (0, -2.712)):
        brand = panel.select(panel.product == product)
        everything = np.zeros(len(brand), int)
        fit = fit_within(brand.log_units, brand.log_price[:, None], [everything], [brand.store])
        assert fit.coefficients[0] == pytest.approx(expected, abs=0.001)


@pytest.mark.parametrize(
    ("kind", "pooled", "markets", "weeks"),
    [("Conventional", -0.67, -0.78, -0.88), ("Organic", -0.46, -1.24, -1.29)],
)
def test_effects_of_markets_and_weeks_remove_the_bias_of_pooled_avocados(
    kind, pooled, markets, weeks
):
    rows = read_avocados(kind)
    everything = np.zeros(len(rows["week"]), int)
    groupings = {
        pooled: [everything],
        markets: [rows["market"]],
        weeks: [rows["market"], rows["week"]],
    }
    for expected, groups in groupings.items():
        fit = fit_within(rows["log_units"], rows["log_price"][:, None], groups, [rows["market"]])
        assert fit.coefficients[0] == pytest.approx(expected, abs=0.01)
