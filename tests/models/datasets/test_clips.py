"""Frames of clips: every n-th with its index, and at most a number of each clip."""

import numpy as np
import pytest
from PIL import Image

from models.datasets.clips import frames, pictures
from models.datasets.picture import DatasetError


@pytest.fixture
def write_clip():
    def write_clip(path, count):
        """A GIF whose frames become brighter; each has a dot that makes it different."""
        images = []
        for number in range(count):
            shade = np.full((24, 32, 3), 20 * number, np.uint8)
            shade[0, number] = 255
            images.append(Image.fromarray(shade))
        images[0].save(path, save_all=True, append_images=images[1:], duration=100)

    return write_clip


def test_every_third_frame_is_read_with_its_index(tmp_path, write_clip):
    write_clip(tmp_path / "a.gif", 8)
    found = dict(frames(tmp_path / "a.gif", every=3))
    assert list(found) == [0, 3, 6]
    assert [int(image[12, 12, 0]) for image in found.values()] == pytest.approx([0, 60, 120], abs=6)
    assert {image.shape for image in found.values()} == {(24, 32, 3)}


def test_a_missing_clip_is_refused(tmp_path):
    with pytest.raises(DatasetError, match=r"none\.mp4"):
        list(frames(tmp_path / "none.mp4"))


@pytest.mark.parametrize(
    ("at_most", "expected"), [(40, [0, 1, 2, 3, 4, 5, 6, 7]), (3, [0, 3, 6]), (1, [0])]
)
def test_the_pictures_of_a_clip_are_spread_evenly(tmp_path, write_clip, at_most, expected):
    write_clip(tmp_path / "a.gif", 8)
    found = list(pictures(tmp_path, at_most=at_most))
    assert [one.name for one in found] == [f"clips/a/{index}" for index in expected]


def test_a_clip_can_be_left_out(tmp_path, write_clip):
    write_clip(tmp_path / "a.gif", 2)
    write_clip(tmp_path / "b.gif", 2)
    (tmp_path / "notes.txt").write_text("no clip")
    assert [one.name for one in pictures(tmp_path, without=("a",))] == ["clips/b/0", "clips/b/1"]


def test_a_folder_without_clips_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="found no data set"):
        list(pictures(tmp_path))
