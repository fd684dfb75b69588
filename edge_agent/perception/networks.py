"""Opens the networks that the settings name, and runs each of them once."""

from pathlib import Path

from edge_agent.perception.demographics import demographics_estimator_for
from edge_agent.perception.face_detector import FaceDetector, load_detector
from edge_agent.perception.head_pose import PoseEstimator, load_pose
from edge_agent.perception.model_cards import WEIGHTS
from edge_agent.settings.camera_settings import Settings

Networks = tuple[FaceDetector, PoseEstimator]


def open_networks(settings: Settings) -> tuple[FaceDetector, PoseEstimator]:
    """Open the networks that the settings name and run each once; raises ModelError."""
    models = settings.models
    folders = (WEIGHTS, *map(Path, models.folders))
    accept_research = settings.privacy.accept_research_licence
    detector = load_detector(
        models.detector,
        input_px=models.input_px,
        threshold=models.threshold,
        doubtful=True,
        folders=folders,
        accept_research=accept_research,
    )
    pose = open_pose_estimator(settings)
    # raises at the start instead of at the end of the first track
    demographics_estimator_for(settings)
    return detector, pose


def open_pose_estimator(settings: Settings) -> PoseEstimator:
    """Open the head pose network that the settings name."""
    models = settings.models
    return load_pose(
        models.attention,
        folders=(WEIGHTS, *map(Path, models.folders)),
        accept_research=settings.privacy.accept_research_licence,
    )
