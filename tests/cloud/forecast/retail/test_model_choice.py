"""Models are compared on weeks that none has seen; the hold-out of the orange juice is met."""

from dataclasses import replace

import numpy as np
import pytest

from cloud.forecast.retail.model_choice import (
    TooFewWeeksError,
    choose_model,
    score_folds,
    score_weeks,
    split_weeks,
)
from cloud.forecast.retail.models.plain import SeriesMean
from cloud.forecast.retail.models.shrunk import Shrunk
from tests.cloud.forecast.retail.pricing_data import LAST_TUNED_WEEK, read_orange_juice
from tests.cloud.forecast.retail.shop_weeks import simulate_weeks


@pytest.fixture(scope="module")
def panel():
    return simulate_weeks(products=3, stores=4, weeks=60).panel


def test_the_hold_out_of_the_orange_juice_is_predicted_better_than_the_reference():
    panel = read_orange_juice()
    found = score_weeks(Shrunk(), panel, LAST_TUNED_WEEK + 1, LAST_TUNED_WEEK + 21)
    assert found.wmape <= 0.449
    assert found.rmse_log <= 0.585
    assert found.predicted_share == 1


def test_a_later_week_changes_no_prediction_of_an_earlier_one(panel):
    split = split_weeks(panel)
    first = score_weeks(Shrunk(), panel, split.choose, split.test)
    later = panel.week >= split.test
    changed = replace(panel, units=np.where(later, panel.units * 9 + 1, panel.units))
    assert score_weeks(Shrunk(), changed, split.choose, split.test) == first


def test_the_weeks_are_split_in_time(panel):
    split = split_weeks(panel)
    first = int(panel.week.min())
    assert (split.choose, split.test, split.end) == (first + 42, first + 51, first + 60)
    with pytest.raises(TooFewWeeksError, match="19 weeks, 20 are needed"):
        split_weeks(panel.between(0, first + 19))


def test_the_default_is_kept_unless_another_is_clearly_better(panel):
    seen = []
    choice = choose_model(
        panel, ["series-mean", "chain-slopes", "shrunk"], progress=lambda *one: seen.append(one)
    )
    assert choice.chosen == "shrunk"
    assert choice.scores["shrunk"].wmape < choice.scores["series-mean"].wmape
    assert choice.test.weeks > 0
    assert seen[-1] == ("shrunk", 3, 3)
    assert choose_model(panel, ["series-mean", "chain-slopes"]).chosen == "chain-slopes"


def test_folds_score_the_weeks_that_choose_and_no_others(panel):
    split = split_weeks(panel)
    found = score_folds(SeriesMean(), panel, split)
    assert found.weeks == len(panel.between(split.choose, split.test).select_usable())
