"""Crops of famous people with head pose from 68 landmarks, split by person.

Source: udacity/P1_Facial_Keypoints at 6e55adc, frames of YouTube Faces. Licence: the repository
is MIT, the videos are for research only. Used for evaluation, and for a separate research-only
network. In the table yaw is positive towards the left of the picture; its sign is reversed here,
since in this repository right is positive.
"""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.datasets.picture import Floats, Image
from models.datasets.pictures_on_disk import read_image
from models.datasets.table import LabelRow, read_rows

LICENCE = "research only (YouTube Faces)"
POINTS = ("reye", "leye", "nose", "rmouth", "lmouth")
# side of a crop in sides of its face's box, which is in the middle
CROP_OF_BOX = 1.5


@dataclass(frozen=True, slots=True, eq=False)
class PosedCrop:
    """One 96 x 96 crop: `angles` yaw, pitch up, roll in degrees; `landmarks` (5, 2) px."""

    person: str
    image: Image
    angles: Floats
    landmarks: Floats

    @property
    def box(self) -> tuple[float, float, float, float]:
        """The face's box inside the crop."""
        side = self.image.shape[0]
        edge = side * (1 - 1 / CROP_OF_BOX) / 2
        return edge, edge, side - edge, side - edge


def posed_crops(table: Path, folder: Path) -> list[PosedCrop]:
    """Read `labels.csv` (file, person, yaw, pitch_up, roll, landmarks) and its crops."""
    crops = []
    for row in read_rows(table, "file", "person", "yaw", "pitch_up", "roll"):
        angles = [-row.number("yaw"), row.number("pitch_up"), row.number("roll")]
        points = [[_position(row, f"{name}_{axis}") for axis in "xy"] for name in POINTS]
        crops.append(
            PosedCrop(
                row.text("person"),
                read_image(folder / row.text("file")),
                np.asarray(angles, np.float32),
                np.asarray(points, np.float32),
            )
        )
    return crops


def _position(row: LabelRow, column: str) -> float:
    return row.number(column) if row.cells.get(column) else math.nan
