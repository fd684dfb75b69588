"""Faces with age and gender, as their publishers labelled them.

Source: UTKFace chips in anasserhussien/EthnicityRecognition-UTKFaces at 6f91a89. Licence:
non-commercial research. No network trained on them may be a default. The labels are apparent age
and a gender in two values, which describe people only in part: the agent reports "unknown" unless a
site with consent enables these networks.
"""

from pathlib import Path

import numpy as np

from models.datasets.labelled_faces import LabelledFaces, resize_face
from models.datasets.pictures_on_disk import read_image
from models.datasets.table import read_rows

LICENCE = "non-commercial research (UTKFace)"
AGE_GROUPS = ("under 13", "13-17", "18-24", "25-34", "35-44", "45-54", "55 and over")
GENDERS = ("female", "male")
GROUPS = tuple(str(number) for number in range(len(AGE_GROUPS)))


def faces(folder: Path) -> LabelledFaces:
    """Read `labels.csv` (file, age, gender, race_code, age_group7) and `images/`.

    Targets are (n, 2): age group 0 to 6, gender 0 to 1. Groups, for figures by subgroup, are the
    race codes of the labels.
    """
    labels = read_rows(folder / "labels.csv", "file", "gender", "race_code", "age_group7")
    images = [resize_face(read_image(folder / "images" / row.text("file"))) for row in labels]
    targets = [[row.one_of("age_group7", GROUPS), row.one_of("gender", GENDERS)] for row in labels]
    return LabelledFaces(
        np.stack(images),
        np.asarray(targets, np.int64),
        tuple(row.text("race_code") for row in labels),
    )
