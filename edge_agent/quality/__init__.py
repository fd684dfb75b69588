"""Whether the camera sees at all, and whether it still looks where it looked."""

from edge_agent.quality.picture import Quality, sharpness_ratio

__all__ = ["Quality", "sharpness_ratio"]
