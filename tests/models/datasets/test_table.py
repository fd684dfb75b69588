"""A table of labels that does not read is told by its file and line, whatever is wrong with it."""

import cv2
import numpy as np
import pytest

from models.datasets.face_masks import boxes_by_image
from models.datasets.picture import DatasetError
from models.datasets.table import LabelTableError, read_rows
from models.datasets.utkface import faces
from models.datasets.ytf import posed_crops

BOXES = "image,x1,y1,x2,y2\n"


@pytest.fixture
def table(tmp_path):
    def table(content):
        path = tmp_path / "labels.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return table


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "without image, x1, y1, x2, y2 among its columns"),
        (BOXES, "without a line below its head"),
        ("image,x1,y1,x2\na.png,1,2,3\n", "without y2"),
        (BOXES + "a.png,1,2,3,4\nb.png,9,2,3,4\n", "line 3, with .* expected x1 below x2"),
        (BOXES + "a.png,-5,10,-9,3\n", "line 2.*expected x1 below x2 and y1 below y2"),
        (BOXES + "a.png,1,2,nan,4\n", "expected a number in x2"),
        (BOXES + "a.png,1,2,inf,4\n", "expected a number in x2"),
        (BOXES + "a.png,1,2,three,4\n", "x2 'three'.*correct or remove the line"),
        (BOXES + "a.png,1,2\n", "expected a number in x2"),
        (BOXES + ",1,2,3,4\n", "expected something in image"),
        (b"\xff\xfe\x00\x01image", "expected CSV in UTF-8"),
        (BOXES + '"' + "a" * 140_000 + '",1,2,3,4\n', "that is not text"),
    ],
)
def test_invalid_boxes_are_refused(table, content, words):
    with pytest.raises(LabelTableError, match=words):
        boxes_by_image(table(content))


def test_further_columns_a_byte_mark_and_boxes_over_the_edge_are_fine(table):
    content = "\ufeffimage,kind,x1,y1,x2,y2,,\na.png,mask,-3,2,30.5,40,x,y,z\n"
    assert boxes_by_image(table(content))["a.png"].tolist() == [[-3, 2, 30.5, 40]]


def test_a_missing_table_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="correct the path"):
        read_rows(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("file,person,yaw\nc.png,p,1\n", "without pitch_up, roll"),
        ("file,person,yaw,pitch_up,roll\nc.png,p,left,2,3\n", "a number in yaw"),
    ],
)
def test_invalid_poses_are_refused(table, content, words):
    with pytest.raises(LabelTableError, match=words):
        posed_crops(table(content), table(content).parent)


@pytest.mark.parametrize(
    ("line", "words"), [("7,female", "one of 0, 1, .* in age_group7"), ("2,none", "female, male")]
)
def test_unknown_classes_are_refused(table, line, words):
    path = table(f"file,age_group7,gender,race_code\na.png,{line},0\n")
    (path.parent / "images").mkdir()
    cv2.imwrite(str(path.parent / "images" / "a.png"), np.zeros((9, 9, 3), np.uint8))
    with pytest.raises(LabelTableError, match=words):
        faces(path.parent)
