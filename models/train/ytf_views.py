"""The research variant's views: broadcast faces with head pose from 68 landmarks.

Licence: research only, see `models.datasets.ytf`. The network trained on them lives apart and
loads only where that licence is accepted.
"""

from pathlib import Path

import cv2
import numpy as np

from models.datasets.ytf import CROP_OF_BOX, posed_crops
from models.train.pose_views import SIDE_PX, Views


def ytf_views(folder: Path) -> Views:
    """Read the crops of `folder` as views of one size; landmarks missing in one are its mean."""
    crops = posed_crops(folder / "labels.csv", folder / "crops")
    ratio = SIDE_PX / crops[0].image.shape[0]
    edge = SIDE_PX * (1 - 1 / CROP_OF_BOX) / 2
    people = {name: index for index, name in enumerate(sorted({crop.person for crop in crops}))}
    points = np.stack([crop.landmarks for crop in crops]) * ratio
    usual = np.nanmean(points, axis=0, keepdims=True)
    return Views(
        np.stack([cv2.resize(crop.image, (SIDE_PX, SIDE_PX)) for crop in crops]),
        np.tile(
            np.asarray([edge, edge, SIDE_PX - edge, SIDE_PX - edge], np.float32), (len(crops), 1)
        ),
        np.stack([crop.angles for crop in crops]),
        np.where(np.isfinite(points), points, usual).astype(np.float32),
        np.asarray([people[crop.person] for crop in crops], np.float32),
    )
