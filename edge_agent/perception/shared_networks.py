"""Shares one copy of the networks among the cameras that use the same models."""

from edge_agent.perception.demographics import demographics_estimator_for
from edge_agent.perception.face_detector import FaceDetector
from edge_agent.perception.head_pose import PoseEstimator
from edge_agent.perception.networks import open_networks
from edge_agent.settings.camera_settings import Settings
from edge_agent.settings.perception import ModelSettings


class SharedNetworks:
    """The networks of all cameras; cameras with the same model settings share one copy."""

    def __init__(self) -> None:
        self._open: dict[ModelSettings, tuple[FaceDetector, PoseEstimator]] = {}

    def for_settings(self, settings: Settings) -> tuple[FaceDetector, PoseEstimator]:
        """The networks of these settings, opened at first use; raises ModelError."""
        if settings.models not in self._open:
            self._open[settings.models] = open_networks(settings)
        demographics_estimator_for(
            settings
        )  # depends on `privacy` too, which the cache key does not hold
        return self._open[settings.models]
