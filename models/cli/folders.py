"""Default folders of networks, data and training runs."""

from pathlib import Path
from typing import Final

from edge_agent.perception.model_cards import WEIGHTS
from models import registry

DATA: Final = Path("../shared/data/models")
RUNS: Final = Path("runs")
RESEARCH: Final = Path(__file__).parents[1] / "weights" / "research"
FOLDERS: Final = (WEIGHTS, registry.FETCHED, RESEARCH)
"""Searched in this order: shipped with the agent, fetched, research only."""
