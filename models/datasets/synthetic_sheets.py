"""Contact sheets of synthetic faces of every age and origin, several hundred in all.

Source: SelfishGene/SFHQ-dataset at 4c898bc. Licence: synthetic people; the author states no
privacy or licence issue. A sheet is a grid of portraits with captions, kept whole: a detector is
better taught by several faces at once, and every face is labelled.
"""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from models.datasets.picture import DatasetError, LabelledPicture

LICENCE = "synthetic (SFHQ, no restriction stated by its author)"
# portraits of a 1x2 and a 2x4 sheet are huge: those sheets are shrunk
SCALES = {"SFHQ_sample_1x2": 0.25, "SFHQ_sample_2x4": 0.4, "SFHQ_sample_3x6": 0.6}


def pictures(folder: Path) -> Iterator[LabelledPicture]:
    """Yield every sheet; the faces in it are about 120 to 250 px high."""
    sheets = sorted(folder.glob("*.jpg"))
    if not sheets:
        raise DatasetError(folder)
    for path in sheets:
        sheet = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if sheet is None:
            raise DatasetError(path)
        ratio = SCALES.get(path.stem, 1.0)
        sheet = cv2.resize(sheet, None, fx=ratio, fy=ratio, interpolation=cv2.INTER_AREA)
        yield LabelledPicture(f"sheets/{path.stem}", np.asarray(sheet, np.uint8))
