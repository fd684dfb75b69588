"""Shares one copy of the networks among the cameras that use the same models."""

from edge_agent.perception.demographics import demographics_estimator_for
from edge_agent.perception.face_detector import FaceDetector
from edge_agent.perception.head_pose import PoseEstimator
from edge_agent.perception.networks import open_networks
from edge_agent.settings.camera_settings import Settings
from edge_agent.settings.perception import ModelSettings


class SharedNetworks:
    """The networks of all cameras: those with the same wishes share one copy."""

    def __init__(self) -> None:
        self._open: dict[ModelSettings, tuple[FaceDetector, PoseEstimator]] = {}

    def for_settings(self, settings: Settings) -> tuple[FaceDetector, PoseEstimator]:
        """Open what the settings name, unless it is open; ModelError when any of it is missing."""
        if settings.models not in self._open:
            self._open[settings.models] = open_networks(settings)
        demographics_estimator_for(
            settings
        )  # by `privacy`: a network that is shared says nothing of this one
        return self._open[settings.models]
