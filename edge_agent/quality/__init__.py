"""Whether the camera sees at all, and whether it still looks where it looked."""

from edge_agent.quality.picture import Quality

__all__ = ["Quality"]
