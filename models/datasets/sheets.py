"""Contact sheets of synthetic faces of every age and origin, several hundred in all.

Source: SelfishGene/SFHQ-dataset at 4c898bc. Licence: synthetic people; the author states no
privacy or licence issue. A sheet is a grid of portraits with captions; it is cut into
overlapping tiles, since a detector is better taught by several faces at once.
"""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from models.datasets.picture import DatasetMissing, Picture

LICENCE = "synthetic (SFHQ, no restriction stated by its author)"
# portraits of a 1x2 and a 2x4 sheet are huge: halve or quarter those sheets before cutting
SCALES = {"SFHQ_sample_1x2": 0.25, "SFHQ_sample_2x4": 0.4, "SFHQ_sample_3x6": 0.6}
TILE_PX, STEP_PX = 640, 520


def pictures(folder: Path) -> Iterator[Picture]:
    """Yield overlapping tiles of every sheet; faces in them are about 80 to 300 px."""
    sheets = sorted(folder.glob("*.jpg"))
    if not sheets:
        raise DatasetMissing(folder)
    for path in sheets:
        sheet = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if sheet is None:
            raise DatasetMissing(path)
        ratio = SCALES.get(path.stem, 1.0)
        sheet = cv2.resize(sheet, None, fx=ratio, fy=ratio, interpolation=cv2.INTER_AREA)
        for top in range(0, max(1, sheet.shape[0] - STEP_PX // 2), STEP_PX):
            for left in range(0, max(1, sheet.shape[1] - STEP_PX // 2), STEP_PX):
                tile = sheet[top : top + TILE_PX, left : left + TILE_PX]
                yield Picture(f"sheets/{path.stem}/{left}-{top}", np.asarray(tile.copy(), np.uint8))
