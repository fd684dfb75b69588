"""Simple models are the means and the regression that their names say."""

import numpy as np
import pytest

from cloud.forecast.retail.models.plain import ChainSlopes, RecentMean, SeriesMean
from cloud.forecast.retail.specifications import fit_reference
from tests.cloud.forecast.retail.shop_weeks import simulate_weeks

PANEL = simulate_weeks(products=2, stores=3, weeks=40).panel.select_usable()
LAST = int(PANEL.week.max())


def mean_of(rows, series):
    return rows.log_units[rows.series == series].mean()


def test_means_are_those_of_all_and_of_the_last_four_weeks():
    coming = PANEL.between(LAST, LAST + 1)
    recent = PANEL.between(LAST - 3, LAST + 1)
    for model, rows in ((SeriesMean(), PANEL), (RecentMean(), recent)):
        found = model.fit(PANEL).predict_log_units(coming)
        assert found == pytest.approx([mean_of(rows, one) for one in coming.series])


def test_the_chain_has_the_slopes_of_the_reference():
    for product in range(2):
        reference = fit_reference(PANEL.select(PANEL.product == product))
        assert reference is not None
        slopes = ChainSlopes().fit(PANEL).slopes
        assert slopes[product, 0] == pytest.approx(reference.elasticity)


def test_a_few_rows_have_levels_without_slopes():
    few = PANEL.select(np.arange(4))
    fitted = ChainSlopes().fit(few)
    assert not fitted.slopes.any()
    assert np.isfinite(fitted.predict_log_units(few)).all()
