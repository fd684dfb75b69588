"""The networks that the settings name are opened and run once before the first frame."""

from pathlib import Path

import pytest

from edge_agent.perception.model_errors import LicenceError, ModelError, ModelMissingError
from edge_agent.perception.networks import open_networks, open_pose_estimator
from edge_agent.settings.camera_settings import Settings
from edge_agent.settings.loading import parse

RESEARCH = Path(__file__).resolve().parents[3] / "models" / "weights" / "research"


def test_the_default_networks_are_those_of_the_agent():
    detector, pose = open_networks(Settings())
    assert (detector.name, pose.name) == ("onlooker-face", "onlooker-attention")


def test_a_threshold_of_the_settings_replaces_that_of_the_card():
    detector, _ = open_networks(parse("[models]\nthreshold = 0.9\ninput_px = 320\n"))
    assert detector.threshold == 0.9


@pytest.mark.parametrize(
    ("models", "error", "message"),
    [
        ("detector = 'yolo'", ModelMissingError, "found no model named 'yolo'"),
        ("attention = 'gaze'", ModelMissingError, "found no model named 'gaze'"),
        ("detector = 'onlooker-attention'", ModelError, "expected a face detector"),
        ("attention = 'onlooker-face'", ModelError, "onlooker-face"),
    ],
)
def test_a_network_that_cannot_be_used_is_an_error_before_the_first_frame(models, error, message):
    with pytest.raises(error, match=message):
        open_networks(parse(f"[models]\n{models}\ninput_px = 64\n"))


def test_demographics_that_cannot_be_estimated_are_an_error_at_the_start():
    folder = f"[models]\ninput_px = 64\nfolders = ['{RESEARCH}']\n"
    with pytest.raises(LicenceError, match="accept the research licence"):
        open_networks(parse(f"{folder}[privacy]\ndemographics = true\n"))
    with pytest.raises(ModelMissingError, match="onlooker-demographics"):
        open_networks(parse("[privacy]\ndemographics = true\naccept_research_licence = true\n"))


def test_the_head_pose_network_is_opened_alone():
    assert open_pose_estimator(Settings()).name == "onlooker-attention"
