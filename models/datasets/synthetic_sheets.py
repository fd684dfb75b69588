"""Contact sheets of synthetic faces of every age and origin, several hundred in all.

Source: SelfishGene/SFHQ-dataset at 4c898bc. Licence: synthetic people; the author states no
privacy or licence issue. A sheet is a grid of portraits with captions. It is not cut: several faces
in a picture are better for training, and every face is labelled.
"""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from models.datasets.picture import DatasetError, LabelledPicture
from models.datasets.pictures_on_disk import read_image

LICENCE = "synthetic (SFHQ, no restriction stated by its author)"
# sheets with few, very large portraits are shrunk
SCALES = {"SFHQ_sample_1x2": 0.25, "SFHQ_sample_2x4": 0.4, "SFHQ_sample_3x6": 0.6}


def pictures(folder: Path) -> Iterator[LabelledPicture]:
    """Yield every sheet; the faces in it are about 120 to 250 px high."""
    sheets = sorted(folder.glob("*.jpg"))
    if not sheets:
        raise DatasetError(folder)
    for path in sheets:
        ratio = SCALES.get(path.stem, 1.0)
        sheet = cv2.resize(read_image(path), None, fx=ratio, fy=ratio, interpolation=cv2.INTER_AREA)
        yield LabelledPicture(f"sheets/{path.stem}", np.asarray(sheet, np.uint8))
