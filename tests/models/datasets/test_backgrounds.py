"""Pictures without faces are read in order and reduced to a longest side."""

import pytest

from models.datasets.backgrounds import LONGEST_PX, NAME, pictures
from models.datasets.picture import DatasetError
from models.datasets.pictures_on_disk import PictureError


def test_pictures_are_read_by_name_and_have_no_boxes(tmp_path, write_picture):
    for name in ("b.png", "a.jpg"):
        write_picture(tmp_path / name)
    (tmp_path / "labels.csv").write_text("no picture")
    found = list(pictures(tmp_path))
    assert [one.name for one in found] == [NAME + "a.jpg", NAME + "b.png"]
    assert all(len(one.boxes) == len(one.ignored) == len(one.decoys) == 0 for one in found)
    assert found[1].image[0, 0].tolist() == [10, 20, 30]


@pytest.mark.parametrize(
    ("size", "expected"),
    [((1600, 400), (800, 200)), ((300, 1000), (240, 800)), ((800, 600), (800, 600)),
     ((40, 30), (40, 30))],
)  # fmt: skip
def test_only_a_picture_above_the_limit_is_reduced(tmp_path, write_picture, size, expected):
    write_picture(tmp_path / "a.png", width=size[0], height=size[1])
    (found,) = pictures(tmp_path)
    height, width = found.image.shape[:2]
    assert (width, height) == expected
    assert max(width, height) <= LONGEST_PX


def test_a_folder_without_pictures_is_refused(tmp_path):
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(DatasetError, match=f"found no data set at {folder}, .*--data DIR"):
            list(pictures(folder))


def test_a_damaged_picture_is_named(tmp_path, write_picture):
    write_picture(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(b"\x89PNG")
    with pytest.raises(PictureError, match=r"b\.png of 4 bytes"):
        list(pictures(tmp_path))
