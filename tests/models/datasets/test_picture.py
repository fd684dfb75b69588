"""A picture without labels has empty arrays of the right shape, its own ones."""

import numpy as np
import pytest

from models.datasets.picture import DatasetError, LabelledPicture

IMAGE = np.zeros((10, 10, 3), np.uint8)


def test_missing_labels_are_empty_and_can_be_joined_with_others():
    picture = LabelledPicture("backgrounds/a", IMAGE)
    assert picture.landmarks.shape == (0, 5, 2)
    for boxes in (picture.boxes, picture.ignored, picture.decoys):
        assert np.concatenate([boxes, [[1, 2, 3, 4]]]).shape == (1, 4)
        assert boxes.dtype == np.float32


def test_two_pictures_never_share_an_array():
    one, other = LabelledPicture("a", IMAGE), LabelledPicture("b", IMAGE)
    assert one.boxes is not other.boxes
    assert one.decoys is not one.ignored


def test_a_missing_data_set_is_reported_with_its_path_and_the_option():
    with pytest.raises(FileNotFoundError, match=r"found no data set at /data/x, .*--data DIR"):
        raise DatasetError("/data/x")
