"""The face verifier changes the score of a face and refuses another network."""

from dataclasses import replace

import numpy as np
import pytest
from msgspec import structs
from skimage import data

from edge_agent.perception.face_detector import OnnxFaceDetector
from edge_agent.perception.face_verifier import FaceVerifier
from edge_agent.perception.inference import open_session
from edge_agent.perception.model_errors import ModelError


class FixedVerifier:
    """Gives every crop the same probability of a face."""

    first_look_share = 0.75

    def __init__(self, probability):
        self.probability = probability

    def probabilities(self, image, boxes):
        return np.full(len(boxes), self.probability, np.float32)


@pytest.fixture
def astronaut():
    return np.ascontiguousarray(data.astronaut()[:, :, ::-1])


def as_exported():
    """The shipped detector before its scores were calibrated."""
    session = open_session("onlooker-face")
    return replace(session, card=structs.replace(session.card, calibration={}))


def detector(second_look, threshold=0.5):
    return OnnxFaceDetector(
        as_exported(),
        input_px=320,
        threshold=threshold,
        doubtful=False,
        second_look=second_look,
    )


def test_no_face_remains_where_the_verifier_finds_none(astronaut):
    assert detector(FixedVerifier(0.0)).faces(astronaut) == []


def test_the_score_is_the_weighted_geometric_mean_of_detector_and_verifier(astronaut):
    alone = detector(None).faces(astronaut)[0]
    both = detector(FixedVerifier(0.81)).faces(astronaut)[0]
    assert both.score == pytest.approx(alone.score**0.75 * 0.81**0.25, abs=1e-5)
    assert both.box == alone.box


def test_a_certain_verifier_raises_a_doubtful_face_above_the_threshold(astronaut):
    alone = detector(None, threshold=0.1).faces(astronaut)[0].score
    between = (alone + alone**0.75) / 2
    assert detector(None, threshold=between).faces(astronaut) == []
    assert len(detector(FixedVerifier(1.0), threshold=between).faces(astronaut)) == 1


def test_no_boxes_have_no_probabilities():
    verifier = FaceVerifier(open_session("onlooker-face-check"))
    no_boxes = np.zeros((0, 4), np.float32)
    assert verifier.probabilities(np.zeros((9, 9, 3), np.uint8), no_boxes).shape == (0,)


def test_another_network_is_refused():
    with pytest.raises(ModelError, match="a network for face-check"):
        FaceVerifier(open_session("onlooker-face"))
