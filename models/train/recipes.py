"""The recipe of each network: folder under the runs folder, number of steps, learning rate.

Without torch, so that the command line can list the recipes and check a checkpoint where the
`train` extra is not installed.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final


@dataclass(frozen=True, slots=True)
class Recipe:
    """`fall_ratio` is the share of the steps, at the end, over which the learning rate falls."""

    folder: str
    steps: int
    rate: float
    fall_ratio: float = 0.25

    def checkpoint(self, runs: Path) -> Path:
        """Return the file that training writes and export reads."""
        return runs / self.folder / "last.pt"


RECIPES: Final = {
    "detection": Recipe("detector", 7500, 3e-3, fall_ratio=0.7),
    "attention": Recipe("attention", 3000, 3e-3),
    "face-check": Recipe("face-check", 1500, 3e-3),
    "attention-ytf": Recipe("attention-ytf", 2500, 3e-3),
    "demographics": Recipe("demographics", 3000, 2e-3),
    "emotion": Recipe("emotion", 2000, 2e-3),
}
COMMERCIAL: Final = ("detection", "attention", "face-check")
"""Trained on data whose licences allow commercial use; the others are for research only."""
