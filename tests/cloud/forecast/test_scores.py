"""The scores of models, compared with values computed by hand."""

import numpy as np
import pytest

from cloud.forecast.scores import compute_scores, compute_weekly_scale


def test_scores_worked_out_by_hand():
    # Truth 10 and 20 in two of the hours; forecast 8, 10, 15 in each.
    truth = np.full((1, 168), np.nan)
    truth[0, :2] = (10, 20)
    week = np.tile(np.array([8.0, 10.0, 15.0])[None, :, None], (1, 1, 168))
    score = compute_scores(truth, week, np.array([4.0]))

    # 0.1: (2 + 12) x 0.1 = 1.4; 0.5: 10 x 0.5 = 5; 0.9: 5 x 0.1 + 5 x 0.9 = 5
    assert score.pinball == pytest.approx([1.4 + 5 + 5])
    assert score.wql == pytest.approx([2 * 11.4 / 3 / 30])
    assert score.wape == pytest.approx([10 / 30])
    assert score.mase == pytest.approx([10 / 4 / 2])
    assert score.coverage == pytest.approx([0.5])


def test_hours_without_a_truth_are_not_scored():
    truth = np.full((1, 168), np.nan)
    truth[0, 0] = 5.0
    week = np.full((1, 3, 168), 1e9)
    week[0, :, 0] = 5.0

    score = compute_scores(truth, week, np.array([1.0]))
    assert (score.pinball[0], score.hours[0], score.coverage[0]) == (0.0, 1.0, 1.0)


def test_weeks_add_up():
    truth = np.ones((2, 168))
    week = np.stack([np.zeros((2, 168)), np.ones((2, 168)), np.ones((2, 168))], axis=1)
    one = compute_scores(truth, week, np.ones(2))

    assert (one + one).hours.tolist() == [336.0, 336.0]
    assert (one + one).wql == pytest.approx(one.wql)


def test_the_scale_is_the_mean_change_from_week_to_week():
    history = np.tile(np.arange(3.0).repeat(168) * 7, (1, 1))

    assert compute_weekly_scale(history) == pytest.approx([7.0])
