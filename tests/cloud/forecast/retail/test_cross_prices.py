"""Other prices are deviations from usual ones; what was not observed counts as usual."""

from dataclasses import replace

import numpy as np
import pytest

from cloud.forecast.retail.cross_prices import (
    PriceReferences,
    build_competitor_price,
    build_cross_prices,
    build_season,
    list_rivals,
)
from tests.cloud.forecast.retail.shop_weeks import simulate_weeks

PANEL = simulate_weeks(products=3, stores=2, weeks=5).panel
SAME = replace(PANEL, categories=("a", "a", "b"))


def test_rivals_are_the_others_of_the_category():
    assert list_rivals(SAME, 0).tolist() == [1]
    assert list_rivals(SAME, 2).tolist() == []


def test_each_rival_has_a_column_of_deviations():
    references = PriceReferences.of(SAME)
    rows = SAME.select(SAME.product == 0)
    found = build_cross_prices(SAME, rows, 0, references)
    rival = SAME.select(SAME.product == 1)  # the same stores and weeks in the same order
    expected = rival.log_price - references.log_price[1, rival.store]
    assert found[:, 0] == pytest.approx(expected)
    assert build_cross_prices(SAME, rows.select(rows.store > 9), 0, references).shape == (0, 0)


def test_a_rival_that_is_not_on_sale_counts_as_usual():
    rows = SAME.select(SAME.product == 0)
    some = SAME.select((SAME.product == 0) | (SAME.week > SAME.week.min()))
    found = build_cross_prices(some, rows, 0, PriceReferences.of(some))
    assert found[:2, 0].tolist() == [0, 0]


def test_a_large_category_has_one_column():
    panel = simulate_weeks(products=14, stores=2, weeks=5).panel
    panel = replace(panel, categories=("a",) * 14)
    rows = panel.select(panel.product == 3)
    assert build_cross_prices(panel, rows, 3, PriceReferences.of(panel)).shape == (10, 1)


def test_a_competitor_without_a_price_counts_as_usual():
    references = PriceReferences.of(PANEL)
    unknown = replace(PANEL, competitor_price_minor=np.full(len(PANEL), np.nan))
    assert not build_competitor_price(unknown, references).any()
    assert build_competitor_price(PANEL, references).any()


def test_the_season_returns_after_a_year():
    season = build_season(PANEL)
    later = build_season(replace(PANEL, week=PANEL.week + 1461))  # 28 years
    assert season.shape == (len(PANEL), 4)
    assert later == pytest.approx(season, abs=1e-6)
