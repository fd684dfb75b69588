"""Demographics are estimated once, from the best picture, and only where switched on."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage import data

from edge_agent.capture.frame import Frame
from edge_agent.perception.demographics import (
    Demographics,
    DemographicsEstimator,
    FaceClassifier,
    choose_class,
    demographics_estimator_for,
)
from edge_agent.perception.face_detector import Face, load_detector
from edge_agent.perception.head_pose import HeadPose
from edge_agent.perception.inference import open_session
from edge_agent.perception.model_errors import LicenceError, ModelError, ModelMissingError
from edge_agent.perception.pipeline import FramePipeline
from edge_agent.settings.camera_settings import Settings
from edge_agent.settings.perception import ModelSettings
from edge_agent.settings.privacy import PrivacySettings
from wire.audience import AgeGroup, Expression, Gender

RESEARCH = Path(__file__).resolve().parents[3] / "models" / "weights" / "research"
STRAIGHT = HeadPose(0.0, 0.0, 0.0, 4.0)


def settings(*, folders=(str(RESEARCH),), **privacy):
    return Settings(privacy=PrivacySettings(**privacy), models=ModelSettings(folders=folders))


@pytest.fixture(scope="module")
def describer():
    return demographics_estimator_for(
        settings(demographics=True, emotion=True, accept_research_licence=True)
    )


@pytest.fixture(scope="module")
def astronaut():
    picture = np.ascontiguousarray(data.astronaut()[:, :, ::-1])
    return picture, load_detector().faces(picture)[0].box


def test_without_the_setting_nothing_is_estimated():
    assert demographics_estimator_for(Settings()) is None


def test_a_research_network_opens_only_where_its_licence_is_accepted():
    with pytest.raises(LicenceError, match="accept the research licence"):
        demographics_estimator_for(settings(demographics=True))


def test_a_missing_network_is_named():
    chosen = settings(demographics=True, accept_research_licence=True, folders=("/nowhere",))
    with pytest.raises(ModelMissingError, match="onlooker-demographics"):
        demographics_estimator_for(chosen)


def test_another_kind_of_network_is_refused():
    with pytest.raises(ModelError, match="expected one for demographics"):
        FaceClassifier(open_session("onlooker-face"), "demographics")


def test_the_start_logs_that_demographics_are_estimated(caplog):
    chosen = settings(emotion=True, accept_research_licence=True, folders=(str(RESEARCH), "x"))
    demographics_estimator_for(chosen)
    logged = [record for record in caplog.records if record.msg == "demographics.on"]
    assert logged
    assert "research" in logged[0].licence


def test_the_astronaut_is_described_once_and_forgotten(describer, astronaut):
    picture, box = astronaut
    describer.offer(1, picture, box, STRAIGHT)
    found = describer.estimate(1)
    assert found.gender in {Gender.FEMALE, Gender.UNKNOWN}
    assert found.expression in {Expression.HAPPY, Expression.UNKNOWN}
    assert found != Demographics()
    assert describer.estimate(1) == Demographics()


@pytest.mark.parametrize(
    ("box", "head"),
    [
        ((0, 0, 20, 24), STRAIGHT),  # too small
        ((100, 100, 160, 170), HeadPose(60.0, 0.0, 0.0, 4.0)),  # turned away
        ((100, 100, 160, 170), HeadPose(float("nan"), 0.0, 0.0, 4.0)),
    ],
)
def test_without_a_good_picture_a_person_is_unknown(describer, astronaut, box, head):
    describer.offer(7, astronaut[0], box, head)
    assert describer.estimate(7) == Demographics(
        AgeGroup.UNKNOWN, Gender.UNKNOWN, Expression.UNKNOWN
    )


class Watching:
    """A network that gives the brightness of the crop: class 0 in the dark, 1 in the light."""

    margin, side_px = 1.0, 64

    def classify(self, face):
        bright = int(face.mean() > 100)
        return [bright, bright]


def test_the_best_image_decides_whenever_it_came():
    #   small, far      large, straight      large, half turned
    watched = DemographicsEstimator(Watching(), None)
    dark, light = (np.full((400, 400, 3), value, np.uint8) for value in (10, 200))
    watched.offer(1, dark, (0, 0, 40, 40), STRAIGHT)
    watched.offer(1, light, (0, 0, 90, 90), STRAIGHT)
    watched.offer(1, dark, (0, 0, 90, 90), HeadPose(30.0, 0.0, 0.0, 4.0))
    assert watched.estimate(1) == Demographics(AgeGroup.FROM_13, Gender.MALE)


def test_an_unconfirmed_track_leaves_no_image():
    watched = DemographicsEstimator(Watching(), None)
    watched.offer(1, np.zeros((90, 90, 3), np.uint8), (0, 0, 60, 60), STRAIGHT)
    watched.discard(1)
    assert watched.estimate(1) == Demographics()


def test_an_uncertain_network_gives_no_result(tmp_path, astronaut):
    card = json.loads((RESEARCH / "onlooker-demographics.json").read_text())
    card["thresholds"]["unknown_below"] = 1.01
    (tmp_path / "onlooker-demographics.json").write_text(json.dumps(card))
    weights = (RESEARCH / card["file"]).read_bytes()
    (tmp_path / card["file"]).write_bytes(weights)
    card_path = tmp_path / "onlooker-demographics.json"
    network = FaceClassifier(open_session(card_path, accept_research=True), "demographics")
    assert network.classify(np.zeros((64, 64, 3), np.uint8)) == [None, None]


class Once:
    """A detector that shows one face in every picture until `shown` is emptied."""

    name, version = "once", "1"

    def __init__(self, box):
        self.shown = [Face(box, 0.9, np.zeros((5, 2), np.float32))]

    def faces(self, image):
        return self.shown

    def poses(self, image, faces):
        return [STRAIGHT for _ in faces]


def test_demographics_are_estimated_when_a_track_ends(astronaut):
    picture, box = astronaut
    detector = Once(box)
    chosen = settings(demographics=True, emotion=True, accept_research_licence=True)
    pipeline, estimates = FramePipeline(chosen, detector, detector), {}
    rng = np.random.default_rng(1)
    for n in range(30):
        if n == 10:
            detector.shown = []
        at = datetime(2026, 3, 2, 8, tzinfo=UTC) + timedelta(seconds=n / 5)
        noise = rng.integers(0, 12, picture.shape, np.uint8)
        estimates |= pipeline.process(Frame(cv2.add(picture, noise), at, n / 5, n)).demographics
    assert len(estimates) == 1
    assert next(iter(estimates.values())) != Demographics()


@pytest.mark.parametrize(
    ("label", "shares", "least", "chosen"),
    [
        ("age_group", [0.3, 0.1, 0.2, 0.2, 0.2, 0, 0], 0.0, 2),  # the median, not the likeliest
        ("age_group", [0, 0.3, 0.3, 0.3, 0.1, 0, 0], 0.85, 2),  # its neighbours count for it
        ("age_group", [0.4, 0, 0, 0.2, 0, 0, 0.4], 0.6, None),
        ("gender", [0.55, 0.45], 0.6, None),
        ("gender", [0.35, 0.65], 0.6, 1),
    ],
)
def test_a_class_is_chosen_only_with_enough_probability(label, shares, least, chosen):
    assert choose_class(label, np.asarray(shares, np.float32), least) == chosen
