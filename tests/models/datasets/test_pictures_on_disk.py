"""A picture file of any common format is read correctly; any other file is refused."""

import cv2
import numpy as np
import pytest
from PIL import Image

from models.datasets.pictures_on_disk import PictureError, read_image

RED = (220, 30, 20)


def test_an_empty_file_is_refused(tmp_path):
    (tmp_path / "none.jpg").write_bytes(b"")
    with pytest.raises(PictureError, match="of 0 bytes"):
        read_image(tmp_path / "none.jpg")


def test_a_damaged_file_is_refused(tmp_path):
    (tmp_path / "half.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\x00" * 20)
    with pytest.raises(PictureError, match="replace the file"):
        read_image(tmp_path / "half.png")


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(PictureError, match=r"found .*gone\.png"):
        read_image(tmp_path / "gone.png")


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "CMYK"])
def test_red_is_red_in_every_kind_of_file(tmp_path, mode):
    suffix = "jpg" if mode == "CMYK" else "png"
    path = tmp_path / f"red.{suffix}"
    Image.new("RGB", (32, 24), RED).convert(mode).save(path)
    image = read_image(path)
    assert image.shape == (24, 32, 3)
    assert np.abs(image[12, 16].astype(int) - RED[::-1]).max() < 30  # a palette is coarse


def test_sixteen_bits_become_eight(tmp_path):
    deep = np.full((10, 12), 32768, np.uint16)
    cv2.imwrite(str(tmp_path / "deep.png"), deep)
    image = read_image(tmp_path / "deep.png")
    assert image.dtype == np.uint8
    assert image.shape == (10, 12, 3)
    assert 126 <= image[0, 0, 0] <= 129


def test_one_pixel_is_a_picture(tmp_path):
    cv2.imwrite(str(tmp_path / "dot.png"), np.full((1, 1, 3), 9, np.uint8))
    assert read_image(tmp_path / "dot.png").shape == (1, 1, 3)
