"""Faces with one of seven expressions, 48 x 48 grey.

Source: a copy of FER2013 in RecepTahirGunlu/Duygu-Tanima. Licence: none stated, treated as
research. "Disgust" is heavily augmented in this copy, so its figures are too high.
"""

from pathlib import Path

import numpy as np

from models.datasets.labelled_faces import LabelledFaces, resize_face
from models.datasets.picture import DatasetError
from models.datasets.pictures_on_disk import read_image

LICENCE = "research, none stated (FER2013)"
EXPRESSIONS = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")


def faces(folder: Path) -> LabelledFaces:
    """Read one folder for each class, named after it in any case; targets are (n, 1)."""
    images, targets = [], []
    for kind in sorted(path for path in folder.glob("*") if path.is_dir()):
        if kind.name.lower() not in EXPRESSIONS:
            raise DatasetError(kind)
        for path in sorted(kind.glob("*")):
            images.append(resize_face(read_image(path)))
            targets.append([EXPRESSIONS.index(kind.name.lower())])
    if not images:
        raise DatasetError(folder)
    return LabelledFaces(np.stack(images), np.asarray(targets, np.int64), ("all",) * len(targets))
