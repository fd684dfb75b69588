"""Shares one copy of the networks among the cameras that use the same models."""

from edge_agent.perception.demographics import demographics_estimator_for
from edge_agent.perception.face_detector import FaceDetector
from edge_agent.perception.head_pose import PoseEstimator
from edge_agent.perception.networks import open_networks
from edge_agent.settings.camera_settings import Settings
from edge_agent.settings.perception import ModelSettings


class SharedNetworks:
    """The networks of all cameras; cameras with the same models and licences share one copy."""

    def __init__(self) -> None:
        self._open: dict[tuple[ModelSettings, bool], tuple[FaceDetector, PoseEstimator]] = {}

    def for_settings(self, settings: Settings) -> tuple[FaceDetector, PoseEstimator]:
        """The networks of these settings, opened at first use; raises ModelError."""
        key = (settings.models, settings.privacy.accept_research_licence)
        if key not in self._open:
            self._open[key] = open_networks(settings)
        demographics_estimator_for(settings)  # raises here; it depends on all of `privacy`
        return self._open[key]
