"""The development set: an audience is compared with the people who are in the video."""

import logging

import pytest

from models.evaluate.development_set import compare_audience, detectors, estimators


def audience(visits, opportunity_s, seconds=10.0):
    return {"visits": visits, "opportunity_s": opportunity_s, "seconds": seconds}


def test_two_people_in_view_all_the_time_are_two_visits_of_the_whole_video():
    report = compare_audience(audience(2, 19.6), 2)
    assert report["true_dwell_s"] == 20.0
    assert report["errors"] == []
    assert report["audience"]["visits"] == 2


def test_another_number_of_visits_is_an_error():
    report = compare_audience(audience(3, 20.0), 2)
    assert report["errors"] == ["3 visits reported, 2 people show their face"]


@pytest.mark.parametrize(
    ("opportunity_s", "errors"),
    [(9.51, []), (9.5, ["9.5 s in view reported, 10.0 s true"]),
     (10.5, ["10.5 s in view reported, 10.0 s true"])],
)  # fmt: skip
def test_half_a_second_too_much_or_too_little_is_an_error(opportunity_s, errors):
    assert compare_audience(audience(1, opportunity_s), 1)["errors"] == errors


def test_in_a_video_without_faces_every_visit_is_an_error():
    assert compare_audience(audience(0, 0.0), 0)["errors"] == []
    assert len(compare_audience(audience(1, 3.0), 0)["errors"]) == 2


def test_a_network_that_is_not_installed_is_left_out_and_logged(tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        assert detectors(tmp_path, ["yunet"], [tmp_path]) == []
        assert estimators(tmp_path, ["nobody"], [tmp_path], accept_research=False) == []
    assert "python -m models fetch yunet-2023mar" in caplog.text
    assert "evaluate.skipped nobody" in caplog.text
