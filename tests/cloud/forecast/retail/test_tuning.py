"""Settings are compared on the weeks that choose, never on those of the test."""

from dataclasses import replace

import numpy as np

from cloud.forecast.retail import tuning
from cloud.forecast.retail.model_choice import score_folds, split_weeks
from cloud.forecast.retail.models.shrunk import Shrunk, ShrunkSettings
from cloud.forecast.retail.tuning import tune_settings
from tests.cloud.forecast.retail.shop_weeks import simulate_weeks


def test_the_best_settings_are_no_worse_than_the_usual_ones(monkeypatch):
    monkeypatch.setattr(tuning, "GRID", {"cross_sd": (0.0, 0.4), "level_weeks": (4, 13)})
    panel = simulate_weeks(products=2, stores=3, weeks=60).panel
    split, seen = split_weeks(panel), []
    found = tune_settings(panel, progress=lambda *one: seen.append(one))
    usual = score_folds(Shrunk(ShrunkSettings()), panel.until(split.test), split)
    assert found.scores.wmape <= usual.wmape
    assert found.tried == 3
    assert seen[-1] == ("level_weeks", 3, 4)
    tested = panel.week >= split.test
    changed = replace(panel, units=np.where(tested, 1.0, panel.units))
    assert tune_settings(changed) == found
