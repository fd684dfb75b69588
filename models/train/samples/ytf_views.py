"""Views of the research variant: faces of broadcasts with head pose from 68 landmarks.

Licence: research only, see `models.datasets.ytf`. The network trained on them is a separate file,
which is loaded only where that licence is accepted.
"""

from pathlib import Path

import cv2
import numpy as np

from models.datasets.ytf import CROP_OF_BOX, POINTS, posed_crops
from models.train.errors import TrainingDataError
from models.train.samples.pose_views import SIDE_PX, Views


def read_ytf_views(folder: Path) -> Views:
    """Read the crops of `folder` as views of one size.

    A landmark that is missing in a crop is replaced by its mean over the others. Raises
    `TrainingDataError` for one that is missing in all of them.
    """
    crops = posed_crops(folder / "labels.csv", folder / "crops")
    edge = SIDE_PX * (1 - 1 / CROP_OF_BOX) / 2
    people = {name: index for index, name in enumerate(sorted({crop.person for crop in crops}))}
    points = np.stack([crop.landmarks * (SIDE_PX / crop.image.shape[0]) for crop in crops])
    missing = [name for at, name in enumerate(POINTS) if np.isnan(points[:, at]).any(axis=1).all()]
    if missing:
        raise TrainingDataError(
            f"found {folder / 'labels.csv'} without any position of {', '.join(missing)}, expected "
            f"at least one crop with {missing[0]}_x and {missing[0]}_y; add these columns"
        )
    mean = np.nanmean(points, axis=0, keepdims=True)
    return Views(
        np.stack([cv2.resize(crop.image, (SIDE_PX, SIDE_PX)) for crop in crops]),
        np.tile(
            np.asarray([edge, edge, SIDE_PX - edge, SIDE_PX - edge], np.float32), (len(crops), 1)
        ),
        np.stack([crop.angles for crop in crops]),
        np.where(np.isfinite(points), points, mean).astype(np.float32),
        np.asarray([people[crop.person] for crop in crops], np.float32),
    )
