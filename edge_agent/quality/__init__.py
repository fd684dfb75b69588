"""Whether the camera sees at all, and whether it still looks where it looked."""

from edge_agent.quality.crop import face_sharpness
from edge_agent.quality.picture import Quality, sharpness_ratio

__all__ = ["Quality", "face_sharpness", "sharpness_ratio"]
