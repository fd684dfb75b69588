"""Crops with head pose: the sign of yaw, the box in the middle, missing landmarks."""

import numpy as np
import pytest

from models.datasets.picture import DatasetError
from models.datasets.table import LabelTableError
from models.datasets.ytf import PosedCrop, posed_crops

HEAD = "file,person,yaw,pitch_up,roll,nose_x,nose_y\n"


@pytest.fixture
def table(tmp_path, write_picture):
    write_picture(tmp_path / "a.png", width=96, height=96)

    def table(content):
        path = tmp_path / "labels.csv"
        path.write_text(content)
        return path

    return table


def test_left_in_the_table_is_right_in_our_convention(table, tmp_path):
    (crop,) = posed_crops(table(HEAD + "a.png,Ada,-25,4,-3,50,60\n"), tmp_path)
    assert crop.angles.tolist() == [25.0, 4.0, -3.0]
    assert crop.person == "Ada"
    assert crop.image.shape == (96, 96, 3)


def test_the_box_is_the_middle_two_thirds_of_the_crop():
    crop = PosedCrop("a", np.zeros((96, 96, 3), np.uint8), np.zeros(3), np.zeros((5, 2)))
    assert crop.box == pytest.approx((16.0, 16.0, 80.0, 80.0))


def test_a_missing_landmark_is_not_a_number_and_never_zero(table, tmp_path):
    lines = "a.png,Ada,0,0,0,50,\n"
    (crop,) = posed_crops(table(HEAD + lines), tmp_path)
    assert crop.landmarks.shape == (5, 2)
    assert crop.landmarks[2, 0] == 50
    assert np.isnan(crop.landmarks).sum() == 9


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("file,person,yaw\na.png,p,1\n", "without pitch_up, roll"),
        (HEAD + "a.png,p,left,2,3,1,1\n", "a number in yaw"),
        (HEAD + "a.png,p,1,2,3,near,1\n", "a number in nose_x"),
        (HEAD + "a.png,,1,2,3,1,1\n", "something in person"),
    ],
)
def test_invalid_poses_are_refused(table, tmp_path, content, words):
    with pytest.raises(LabelTableError, match=words):
        posed_crops(table(content), tmp_path)


def test_for_a_missing_table_the_option_is_named(tmp_path):
    with pytest.raises(DatasetError, match="--data DIR"):
        posed_crops(tmp_path / "none.csv", tmp_path)
