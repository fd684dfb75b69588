"""Faces with an expression: one folder for each class."""

import pytest

from models.datasets.fer import EXPRESSIONS, faces
from models.datasets.picture import DatasetError
from models.datasets.pictures_on_disk import PictureError


def test_the_folder_of_a_face_is_its_class_in_any_case(tmp_path, write_picture):
    write_picture(tmp_path / "Sad" / "1.png", bgr=(1, 1, 1))
    write_picture(tmp_path / "happy" / "2.png", bgr=(2, 2, 2))
    write_picture(tmp_path / "happy" / "3.png", bgr=(3, 3, 3))
    found = faces(tmp_path)
    assert found.images.shape == (3, 64, 64, 3)
    labels = {int(image[0, 0, 0]): EXPRESSIONS[target] for image, (target,) in zip(
        found.images, found.targets, strict=True)}  # fmt: skip
    assert labels == {1: "sad", 2: "happy", 3: "happy"}
    assert found.groups == ("all", "all", "all")


def test_a_folder_of_another_name_is_refused(tmp_path, write_picture):
    write_picture(tmp_path / "bored" / "1.png")
    with pytest.raises(DatasetError, match="bored"):
        faces(tmp_path)


def test_folders_without_a_face_are_refused(tmp_path):
    (tmp_path / "happy").mkdir()
    with pytest.raises(DatasetError, match=f"found no data set at {tmp_path}"):
        faces(tmp_path)


def test_a_file_that_is_no_picture_is_named(tmp_path):
    (tmp_path / "happy").mkdir()
    (tmp_path / "happy" / "notes.txt").write_text("not a face")
    with pytest.raises(PictureError, match=r"notes\.txt"):
        faces(tmp_path)
