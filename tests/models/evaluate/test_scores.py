"""Scores are calibrated on labelled pictures and measured on others; the order of boxes stays."""

import json
import shutil

import cv2
import msgspec
import numpy as np
import pytest
from skimage import data

from edge_agent.perception.model_cards import WEIGHTS, read_card
from edge_agent.perception.score_calibration import ScoreCalibration, read_calibration
from models.__main__ import main
from models.evaluate.average_precision import Matches, average_precision
from models.evaluate.scores import HELD_OUT, ScoresError, calibrate_card, fit_scores

TRUE = ScoreCalibration(slope=2.5, zero=0.7)
FACE = (182, 66, 264, 172)


def pictures(count, *, boxes=12, seed=5):
    """Pictures whose boxes are right with the probability that TRUE gives their scores."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        scores = rng.uniform(0.1, 0.95, boxes)
        right = rng.uniform(size=boxes) < TRUE.probability(scores)
        yield Matches(scores, right, boxes)


@pytest.fixture
def card():
    """The detector's card as an export leaves it: its scores are the network's own."""
    shipped = read_card(WEIGHTS / "onlooker-face.json")
    thresholds = shipped.thresholds | {"score": 0.45}
    return msgspec.structs.replace(shipped, thresholds=thresholds, calibration={}, figures=[])


def test_the_calibration_of_drawn_scores_is_found():
    found = fit_scores(list(pictures(400)))
    assert found.slope == pytest.approx(TRUE.slope, rel=0.08)
    assert found.zero == pytest.approx(TRUE.zero, abs=0.1)


def test_on_held_out_pictures_the_probability_is_calibrated_and_the_score_is_not(card):
    _, report = calibrate_card(card, list(pictures(200)), "drawn")
    assert report["calibration_error"]["own_scores"]["value"] > 0.1
    assert report["calibration_error"]["held_out"]["value"] < 0.05


def test_the_average_precision_stays_the_same(card):
    drawn = list(pictures(60))
    changed, _ = calibrate_card(card, drawn, "drawn")
    known = read_calibration(changed)
    calibrated = [Matches(known.probability(one.scores), one.right, one.wanted) for one in drawn]
    assert average_precision(calibrated) == average_precision(drawn)


def test_the_card_has_slope_zero_threshold_and_figure(card):
    changed, _ = calibrate_card(card, list(pictures(200)), "drawn")
    known = read_calibration(changed)
    assert float(known.score(changed.thresholds["score"])) == pytest.approx(0.45, abs=1e-5)
    assert changed.thresholds["overlap"] == card.thresholds["overlap"]
    (figure,) = [one for one in changed.figures if one.metric == HELD_OUT]
    assert (figure.set, figure.n) == ("drawn", 200)


def test_calibrating_again_changes_nothing(card):
    drawn = list(pictures(200))
    once, _ = calibrate_card(card, drawn, "drawn")
    known = read_calibration(once)
    converted = [Matches(known.probability(one.scores), one.right, one.wanted) for one in drawn]
    again, _ = calibrate_card(once, converted, "drawn")
    assert again.calibration == pytest.approx(once.calibration, abs=1e-5)
    assert again.thresholds == pytest.approx(once.thresholds, abs=1e-5)


def test_too_few_boxes_are_refused(card):
    with pytest.raises(ScoresError, match="label more pictures"):
        calibrate_card(card, list(pictures(3)), "drawn")


def test_scores_that_are_no_higher_for_right_boxes_are_refused():
    rng = np.random.default_rng(1)
    scores = rng.uniform(0.1, 0.9, 400)
    worse = Matches(scores, rng.uniform(size=400) > scores, 400)
    with pytest.raises(ScoresError, match="expected higher ones"):
        fit_scores([worse])


@pytest.fixture
def site(tmp_path):
    """A site's pictures: the astronaut many times, in half of them noisy and not labelled."""
    rng = np.random.default_rng(2)
    portrait = np.ascontiguousarray(data.astronaut()[:, :, ::-1])
    lines = ["image,x1,y1,x2,y2"]
    for place, noisy in enumerate([False] * 6 + [True] * 6):
        times = 5
        small = cv2.resize(portrait, (512 // times, 512 // times), interpolation=cv2.INTER_AREA)
        name, side = f"{place}.png", 512 // times
        picture = np.tile(small, (times, times, 1))
        if noisy:
            picture = np.clip(picture + rng.normal(0, 45, picture.shape), 0, 255)
        cv2.imwrite(str(tmp_path / name), picture.astype(np.uint8))
        if noisy:
            lines.append(f"{name},1,1,2,2")
            continue
        for spot in np.ndindex(times, times):
            edges = np.asarray(FACE) / times + np.asarray([spot[1], spot[0]] * 2) * side
            lines.append(",".join([name, *(f"{edge:.1f}" for edge in edges)]))
    (tmp_path / "boxes.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "weights").mkdir()
    for file in WEIGHTS.glob("onlooker-face*"):
        shutil.copy(file, tmp_path / "weights")
    return tmp_path


def calibrate(site, *options):
    own = ["--boxes", str(site / "boxes.csv"), "--weights", str(site / "weights")]
    return main(["calibrate", "detection", *own, "--input-px", "320", *options])


def test_a_site_calibrates_a_detector_on_its_own_pictures(site, capsys):
    before = read_card(site / "weights" / "onlooker-face.json")
    assert calibrate(site, "--images", str(site)) == 0
    report = json.loads(capsys.readouterr().out)
    after = read_card(site / "weights" / "onlooker-face.json")
    assert after.calibration["score_slope"] == report["score_slope"] > 0
    assert after.thresholds["score"] == report["threshold"]["probability"]
    assert (after.sha256, after.version) == (before.sha256, before.version)


def test_boxes_without_pictures_are_refused(site, capsys):
    assert calibrate(site) == 2
    assert "expected both or neither" in capsys.readouterr().err


def test_a_detector_without_a_card_is_refused(site, capsys):
    assert calibrate(site, "--images", str(site), "--detector", "rekognition") == 2
    assert "has no card here" in capsys.readouterr().err
