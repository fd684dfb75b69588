"""An invalid table of labels is refused with its file and line, whatever is wrong with it."""

import pytest

from models.datasets.face_masks import boxes_by_image
from models.datasets.picture import DatasetError
from models.datasets.table import LabelTableError, read_rows

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


def test_a_missing_table_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="correct the path"):
        read_rows(tmp_path / "none.csv")
