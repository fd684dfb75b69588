"""The versions that a report states: program, models, settings."""

from importlib.metadata import PackageNotFoundError, version

from edge_agent.perception.face_detector import FaceDetector
from edge_agent.perception.head_pose import PoseEstimator
from edge_agent.settings.camera_settings import Settings
from wire.audience import Versions


def current_versions(settings: Settings, detector: FaceDetector, pose: PoseEstimator) -> Versions:
    """What produces the numbers."""
    return Versions(
        agent=agent_version(),
        detector=f"{detector.name}:{detector.version}",
        attention=f"{pose.name}:{pose.version}",
        config=settings.digest,
    )


def agent_version() -> str:
    """The installed version of this program."""
    try:
        return version("onlooker")
    except PackageNotFoundError:
        return "unknown"
