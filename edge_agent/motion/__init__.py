"""Has anything moved? Decides when the detector looks, never that somebody has gone."""

from edge_agent.motion.gate import Gate, GateCounters
from edge_agent.motion.reduction import small
from edge_agent.motion.scene import Scene

__all__ = ["Gate", "GateCounters", "Scene", "small"]
