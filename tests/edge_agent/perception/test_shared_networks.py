"""Cameras share a copy of the networks only where all that decides about it is the same."""

import pytest

from edge_agent.perception import shared_networks
from edge_agent.perception.model_errors import LicenceError
from edge_agent.perception.shared_networks import SharedNetworks
from edge_agent.settings.camera_settings import Settings
from edge_agent.settings.loading import parse


@pytest.fixture
def shared(monkeypatch):
    """Networks that open at once; research weights need the licence."""

    def open_networks(settings):
        if settings.models.detector == "research" and not settings.privacy.accept_research_licence:
            raise LicenceError("found research, expected a model for commercial use")
        return object(), object()

    monkeypatch.setattr(shared_networks, "open_networks", open_networks)
    return SharedNetworks()


def test_cameras_with_the_same_model_settings_share_one_copy_of_the_networks(shared):
    one = shared.for_settings(Settings(interval_s=10))
    assert shared.for_settings(Settings(interval_s=20)) is one
    assert shared.for_settings(parse("[privacy]\nsmallest_cell = 9\n")) is one


@pytest.mark.parametrize("models", ["input_px = 320", "threshold = 0.7", "detector = 'other'"])
def test_other_model_settings_get_a_copy_of_their_own(shared, models):
    one = shared.for_settings(Settings())
    other = shared.for_settings(parse(f"[models]\n{models}\n"))
    assert other is not one
    assert shared.for_settings(Settings()) is one


def test_a_licence_that_one_camera_accepts_holds_for_no_other(shared):
    research = "[models]\ndetector = 'research'\n"
    shared.for_settings(parse(f"{research}[privacy]\naccept_research_licence = true\n"))
    with pytest.raises(LicenceError, match="expected a model for commercial use"):
        shared.for_settings(parse(research))


def test_networks_that_did_not_open_are_tried_again(shared, monkeypatch):
    with pytest.raises(LicenceError):
        shared.for_settings(parse("[models]\ndetector = 'research'\n"))
    monkeypatch.setattr(shared_networks, "open_networks", lambda settings: ("detector", "pose"))
    assert shared.for_settings(parse("[models]\ndetector = 'research'\n")) == ("detector", "pose")
