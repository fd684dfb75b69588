"""A score becomes a probability, and nothing is found or lost by it."""

import shutil

import cv2
import msgspec
import numpy as np
import pytest
from skimage import data

from edge_agent.perception.face_detector import load_detector
from edge_agent.perception.model_cards import WEIGHTS, read_card
from edge_agent.perception.model_errors import CardError
from edge_agent.perception.score_calibration import ScoreCalibration, read_calibration

CALIBRATION = ScoreCalibration(slope=2.7, zero=0.65)


@pytest.mark.parametrize(
    ("score", "probability"),
    [(0.0, 0.0), (0.3, 0.163), (0.5, 0.657), (0.75, 0.974), (1.0, 1.0)],
)
def test_log_odds_are_stretched_and_shifted(score, probability):
    assert float(CALIBRATION.probability(score)) == pytest.approx(probability, abs=0.001)


def test_the_way_back_leads_to_the_score():
    scores = np.linspace(0.01, 0.99, 50)
    assert CALIBRATION.score(CALIBRATION.probability(scores)) == pytest.approx(scores)


def test_higher_stays_higher():
    assert (np.diff(CALIBRATION.probability(np.linspace(0.001, 0.999, 400))) > 0).all()


def carded(folder, **calibration):
    """The shipped detector in `folder`, its card with this calibration and its threshold moved."""
    for file in WEIGHTS.glob("onlooker-face*"):
        shutil.copy(file, folder)
    card = read_card(WEIGHTS / "onlooker-face.json")
    before = read_calibration(card)
    own = before.score(card.thresholds["score"]) if before else card.thresholds["score"]
    moved = float(ScoreCalibration(*calibration.values()).probability(own)) if calibration else own
    thresholds = card.thresholds | {"score": round(float(moved), 6)}
    changed = msgspec.structs.replace(card, thresholds=thresholds, calibration=calibration)
    (folder / "onlooker-face.json").write_bytes(msgspec.json.encode(changed))
    return folder / "onlooker-face.json"


@pytest.fixture(scope="module")
def plain_and_calibrated(tmp_path_factory):
    plain = carded(tmp_path_factory.mktemp("plain"))
    calibrated = carded(tmp_path_factory.mktemp("calibrated"), score_slope=2.7, score_zero=0.65)
    return [load_detector(card, input_px=320, doubtful=True) for card in (plain, calibrated)]


@pytest.mark.parametrize("smaller", [1, 3, 5, 7, 9])
def test_the_same_faces_pass_as_sure_and_as_doubtful(plain_and_calibrated, smaller):
    portrait = np.ascontiguousarray(data.astronaut()[:, :, ::-1])
    small = cv2.resize(portrait, None, fx=1 / smaller, fy=1 / smaller, interpolation=cv2.INTER_AREA)
    crowd = np.tile(small, (smaller, smaller, 1))
    plain, calibrated = (detector.faces(crowd) for detector in plain_and_calibrated)
    assert len(plain) > 0
    assert [face.box for face in plain] == [face.box for face in calibrated]
    assert [face.sure for face in plain] == [face.sure for face in calibrated]
    expected = [float(CALIBRATION.probability(face.score)) for face in plain]
    assert [face.score for face in calibrated] == pytest.approx(expected)


def test_a_threshold_of_the_settings_is_a_probability_too(tmp_path):
    card = carded(tmp_path, score_slope=2.7, score_zero=0.65)
    portrait = np.ascontiguousarray(data.astronaut()[:, :, ::-1])
    face = load_detector(card, threshold=0.5).faces(portrait)[0]
    assert load_detector(card, threshold=face.score - 0.001).faces(portrait)
    assert not load_detector(card, threshold=face.score + (1 - face.score) / 2).faces(portrait)


@pytest.mark.parametrize(
    "calibration",
    [{"score_slope": -1.0, "score_zero": 0.0}, {"score_slope": 1.0}, {"score_zero": 0.2}],
)
def test_an_invalid_calibration_is_reported_in_words(calibration):
    card = read_card(WEIGHTS / "onlooker-face.json")
    with pytest.raises(CardError, match="models calibrate detection"):
        read_calibration(msgspec.structs.replace(card, calibration=calibration))
