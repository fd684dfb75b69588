"""Faces with an age group, a gender and a group for figures by subgroup."""

import pytest

from models.datasets.pictures_on_disk import PictureError
from models.datasets.table import LabelTableError
from models.datasets.utkface import AGE_GROUPS, GENDERS, GROUPS, faces

HEAD = "file,age_group7,gender,race_code\n"


@pytest.fixture
def folder(tmp_path, write_picture):
    def folder(lines, *names):
        (tmp_path / "labels.csv").write_text(HEAD + lines)
        for name in names:
            write_picture(tmp_path / "images" / name)
        return tmp_path

    return folder


def test_labels_become_class_numbers(folder):
    lines = "a.png,0,female,3\nb.png,6,male,0\n"
    found = faces(folder(lines, "a.png", "b.png"))
    assert found.images.shape == (2, 64, 64, 3)
    assert found.targets.tolist() == [[0, GENDERS.index("female")], [6, GENDERS.index("male")]]
    assert found.groups == ("3", "0")


def test_there_is_a_group_number_for_every_age_group():
    assert GROUPS == ("0", "1", "2", "3", "4", "5", "6")
    assert len(AGE_GROUPS) == len(GROUPS)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("7,female,0", "one of 0, 1, .* in age_group7"),
        ("-1,female,0", "one of 0, 1, .* in age_group7"),
        ("2.0,female,0", "one of 0, 1, .* in age_group7"),
        ("2,none,0", "female, male"),
        ("2,Female,0", "female, male"),
        ("2,female,", "something in race_code"),
    ],
)
def test_unknown_classes_are_refused_with_their_line(folder, line, words):
    with pytest.raises(LabelTableError, match=f"line 2, .*{words}"):
        faces(folder(f"a.png,{line}\n", "a.png"))


def test_a_face_without_a_file_is_named(folder):
    with pytest.raises(PictureError, match=r"images/a\.png of 0 bytes"):
        faces(folder("a.png,1,male,0\n"))
