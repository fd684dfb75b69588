"""Photographs with face boxes: all boxes of a picture together, without landmarks."""

import numpy as np
import pytest

from models.datasets.face_masks import boxes_by_image, pictures
from models.datasets.picture import DatasetError
from models.datasets.pictures_on_disk import PictureError

HEAD = "image,x1,y1,x2,y2\n"


@pytest.fixture
def folder(tmp_path, write_picture):
    def folder(lines, *names):
        (tmp_path / "boxes.csv").write_text(HEAD + lines)
        for name in names:
            write_picture(tmp_path / "images" / name)
        return tmp_path

    return folder


def test_the_boxes_of_a_picture_are_collected_over_the_table(folder):
    found = boxes_by_image(folder("b.png,1,2,3,4\na.png,0,0,9,9\nb.png,5,6,7,8\n") / "boxes.csv")
    assert {name: boxes.tolist() for name, boxes in found.items()} == {
        "b.png": [[1, 2, 3, 4], [5, 6, 7, 8]],
        "a.png": [[0, 0, 9, 9]],
    }


def test_further_columns_a_byte_mark_and_boxes_over_the_edge_are_accepted(tmp_path):
    table = tmp_path / "labels.csv"
    table.write_text("\ufeffimage,kind,x1,y1,x2,y2,,\na.png,mask,-3,2,30.5,40,x,y,z\n")
    assert boxes_by_image(table)["a.png"].tolist() == [[-3, 2, 30.5, 40]]


def test_pictures_are_sorted_by_name_and_their_landmarks_are_missing(folder):
    found = list(pictures(folder("b.png,1,2,3,4\na.png,0,0,9,9\n", "a.png", "b.png")))
    assert [one.name for one in found] == ["facemask/a.png", "facemask/b.png"]
    assert found[0].boxes.tolist() == [[0, 0, 9, 9]]
    assert found[0].landmarks.shape == (1, 5, 2)
    assert np.isnan(found[0].landmarks).all()


def test_a_picture_of_the_table_without_a_file_is_named(folder):
    with pytest.raises(PictureError, match=r"images/b\.png of 0 bytes"):
        list(pictures(folder("b.png,1,2,3,4\n")))


def test_a_folder_without_a_table_is_refused(tmp_path):
    with pytest.raises(DatasetError, match=r"boxes\.csv"):
        list(pictures(tmp_path))
