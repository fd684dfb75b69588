"""Crops of the research data set become views of one size."""

import cv2
import numpy as np
import pytest

from models.datasets.table import LabelTableError
from models.train.errors import TrainingDataError
from models.train.samples.ytf_views import read_ytf_views

POINTS = ("reye", "leye", "nose", "rmouth", "lmouth")
COLUMNS = [f"{name}_{axis}" for name in POINTS for axis in "xy"]
HEAD = f"file,person,yaw,pitch_up,roll,{','.join(COLUMNS)}\n"


def row(name, person="Ada", angles="0,0,0", *, nose="48,48", others="40,40"):
    """One line of the table; the four other landmarks are all at the same place."""
    return f"{name}.png,{person},{angles},{others},{others},{nose},{others},{others}\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "crops").mkdir()

    def folder(table, **sides):
        (tmp_path / "labels.csv").write_text(HEAD + table)
        for name, side in sides.items():
            cv2.imwrite(
                str(tmp_path / "crops" / f"{name}.png"), np.zeros((side, side, 3), np.uint8)
            )
        return tmp_path

    return folder


def test_a_crop_becomes_a_view_with_its_box_in_the_middle(folder):
    views = read_ytf_views(folder(row("a", angles="-20,5,1", nose="48,60"), a=96))
    assert views.images.shape == (1, 128, 128, 3)
    third = 128 / 6  # the box is two thirds of the crop wide
    assert views.boxes[0] == pytest.approx([third, third, 128 - third, 128 - third])
    assert views.angles[0].tolist() == [20, 5, 1]
    assert views.landmarks[0, 2] == pytest.approx([64, 80])


def test_crops_of_two_sizes_are_scaled_each_by_its_own_size(folder):
    views = read_ytf_views(folder(row("a", nose="48,48") + row("b", nose="96,96"), a=96, b=192))
    assert views.landmarks[:, 2].tolist() == [[64, 64], [64, 64]]


def test_a_missing_landmark_is_the_mean_of_the_others(folder):
    table = row("a", nose="30,30") + row("b", nose="60,90") + row("c", nose=",")
    views = read_ytf_views(folder(table, a=96, b=96, c=96))
    assert views.landmarks[2, 2] == pytest.approx([45 * 128 / 96, 60 * 128 / 96])


def test_crops_of_one_person_have_the_same_number(folder):
    table = row("a", "Bo") + row("b", "Ada") + row("c", "Bo")
    views = read_ytf_views(folder(table, a=96, b=96, c=96))
    assert views.people.tolist() == [1, 0, 1]


def test_a_landmark_that_no_crop_has_is_refused(folder):
    with pytest.raises(TrainingDataError, match=r"without any position of nose, .*nose_x"):
        read_ytf_views(folder(row("a", nose=",") + row("b", nose=","), a=96, b=96))


def test_a_table_without_crops_is_refused(folder):
    with pytest.raises(LabelTableError, match="without a line below its head"):
        read_ytf_views(folder(""))
