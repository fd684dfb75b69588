"""Street and indoor photographs with face boxes drawn by hand, many faces masked.

Source: iAmEthanMai/mask-detection-dataset at c5d6b88, the set published as "Face Mask Detection".
Licence: CC0 as its publisher claims; the repository is MIT; the photographs come from the web.
`models.train.samples.labels` adds the faces that the annotators left out.
"""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from models.datasets.picture import Floats, LabelledPicture
from models.datasets.pictures_on_disk import read_image
from models.datasets.table import read_rows

LICENCE = "CC0-1.0 (as claimed by its publisher)"


def boxes_by_image(table: Path) -> dict[str, Floats]:
    """Read `image,...,x1,y1,x2,y2` rows into (n, 4) boxes by image name, px."""
    boxes: dict[str, list[list[float]]] = defaultdict(list)
    for row in read_rows(table, "image", "x1", "y1", "x2", "y2"):
        boxes[row.text("image")].append(row.box())
    return {name: np.asarray(found, np.float32) for name, found in boxes.items()}


def pictures(folder: Path) -> Iterator[LabelledPicture]:
    """Yield every labelled photograph of `folder` with its boxes; landmarks are missing (NaN)."""
    for name, boxes in sorted(boxes_by_image(folder / "boxes.csv").items()):
        image = read_image(folder / "images" / name)
        missing = np.full((len(boxes), 5, 2), np.nan, np.float32)
        yield LabelledPicture(f"facemask/{name}", image, boxes, missing)
