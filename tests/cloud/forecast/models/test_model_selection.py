"""Candidates are scored on their past weeks, and each site uses the best one."""

from datetime import date, timedelta

import numpy as np
import pytest
from sqlalchemy import Engine

from cloud import database
from cloud.forecast.models import model_selection
from cloud.forecast.models.model_selection import ModelScore, choose_model
from cloud.forecast.series import ClockSeries

MONDAY = date(2026, 11, 2)
TODAY = MONDAY + timedelta(days=9)


def week(middle: float) -> np.ndarray:
    band = np.array([middle - 5, middle, middle + 5])
    return np.tile(band[None, :, None], (4, 1, 168))


def test_a_finished_week_is_scored_once_and_its_candidates_are_deleted(engine: Engine):
    hundred = ClockSeries(MONDAY, np.full((4, 9 * 24), 100.0))
    with database.writing(engine) as connection:
        model_selection.store_candidates(
            connection, MONDAY, {"near": {"A": week(98)}, "far": {"A": week(60)}}
        )
        model_selection.store_candidates(connection, TODAY, {"near": {"A": week(98)}})
        found = model_selection.score_candidates(
            connection, {"A": hundred}, TODAY - timedelta(days=8)
        )
        model_selection.store_model_scores(connection, ["A"], TODAY - timedelta(days=8), found)
        again = model_selection.score_candidates(
            connection, {"A": hundred}, TODAY - timedelta(days=8)
        )
        standing = model_selection.read_model_scores(connection, ["A", "B"], TODAY)

    # pinball of 93, 98, 103 against 100: 0.7 + 1 + 0.3, twice over three, per hundred
    assert standing["A"]["near"].loss == pytest.approx(2 * 2.0 / 3 / 100)
    assert (standing["A"]["near"].coverage, standing["A"]["far"].coverage) == (1.0, 0.0)
    assert standing["A"]["near"].nights == 1
    assert "B" not in standing
    assert again == []


def test_a_week_without_observations_scores_no_model(engine: Engine):
    dark = ClockSeries(MONDAY, np.full((4, 9 * 24), np.nan))
    with database.writing(engine) as connection:
        model_selection.store_candidates(connection, MONDAY, {"near": {"A": week(98)}})

        assert model_selection.score_candidates(connection, {"A": dark}, TODAY) == []


@pytest.mark.parametrize(
    ("usual", "other", "nights", "chosen"),
    [
        (0.20, 0.15, 13, "usual"),  # too few nights
        (0.20, 0.15, 14, "other"),
        (0.20, 0.196, 90, "usual"),  # hardly better
        (0.15, 0.20, 90, "usual"),
    ],
)
def test_a_site_changes_to_a_clearly_better_model(
    usual: float, other: float, nights: int, chosen: str
):
    standing = {"usual": ModelScore(nights, usual, 0.8), "other": ModelScore(nights, other, 0.8)}

    assert choose_model(standing, "usual") == chosen
    assert choose_model({"other": standing["other"]}, "usual") == "usual"


def test_a_band_with_too_little_coverage_is_widened_with_the_number_of_nights():
    widths = [ModelScore(nights, 0.1, 0.7).widening for nights in (0, 14, 112)]

    assert widths[0] == 1.0
    assert widths == sorted(widths)
    assert 1.1 < widths[2] < 1.2
    assert ModelScore(112, 0.1, 0.9).widening < 1 < ModelScore(112, 0.1, 0.0).widening <= 1.4
