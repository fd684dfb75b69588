"""Pictures of one colour, written to files."""

import cv2
import numpy as np
import pytest


@pytest.fixture
def write_picture():
    def write_picture(path, *, width=40, height=30, bgr=(10, 20, 30)):
        path.parent.mkdir(parents=True, exist_ok=True)
        assert cv2.imwrite(str(path), np.full((height, width, 3), bgr, np.uint8))

    return write_picture
