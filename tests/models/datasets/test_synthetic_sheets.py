"""Contact sheets are read by name; those with very large portraits are reduced."""

import pytest

from models.datasets.picture import DatasetError
from models.datasets.pictures_on_disk import PictureError
from models.datasets.synthetic_sheets import pictures


@pytest.mark.parametrize(
    ("name", "width"),
    [("SFHQ_sample_1x2", 50), ("SFHQ_sample_2x4", 80), ("SFHQ_sample_3x6", 120), ("other", 200)],
)
def test_a_sheet_is_reduced_by_the_number_of_its_portraits(tmp_path, write_picture, name, width):
    write_picture(tmp_path / f"{name}.jpg", width=200, height=100)
    (sheet,) = pictures(tmp_path)
    assert sheet.name == f"sheets/{name}"
    assert sheet.image.shape == (width // 2, width, 3)


def test_sheets_are_read_in_order_and_other_files_are_left_out(tmp_path, write_picture):
    for name in ("b.jpg", "a.jpg", "c.png"):
        write_picture(tmp_path / name)
    assert [one.name for one in pictures(tmp_path)] == ["sheets/a", "sheets/b"]


def test_a_folder_without_sheets_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="found no data set"):
        list(pictures(tmp_path))


def test_a_damaged_sheet_is_named(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8 half a picture")
    with pytest.raises(PictureError, match=r"a\.jpg of 17 bytes"):
        list(pictures(tmp_path))
