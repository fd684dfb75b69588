"""Faces with age and gender, as their publishers labelled them.

Source: UTKFace chips in anasserhussien/EthnicityRecognition-UTKFaces at 6f91a89. Licence:
non-commercial research. Nothing trained on them may be a default. The labels are apparent age
and a gender in two values; people are more than that, which is why the product says "unknown"
unless a site with consent asks.
"""

import csv
from pathlib import Path

import numpy as np

from models.datasets.labelled_faces import LabelledFaces, sized
from models.datasets.picture import DatasetError
from models.datasets.pictures_on_disk import read_image

LICENCE = "non-commercial research (UTKFace)"
AGE_GROUPS = ("under 13", "13-17", "18-24", "25-34", "35-44", "45-54", "55 and over")
GENDERS = ("female", "male")


def faces(folder: Path) -> LabelledFaces:
    """Read `labels.csv` (file, age, gender, race_code, age_group7) and `images/`.

    Targets are (n, 2): age group 0 to 6, gender 0 to 1. Groups for subgroup figures are the
    labels' own race codes.
    """
    table = folder / "labels.csv"
    if not table.is_file():
        raise DatasetError(table)
    with table.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    images = [sized(read_image(folder / "images" / row["file"])) for row in rows]
    targets = [[int(row["age_group7"]), GENDERS.index(row["gender"])] for row in rows]
    return LabelledFaces(
        np.stack(images), np.asarray(targets, np.int64), tuple(row["race_code"] for row in rows)
    )
