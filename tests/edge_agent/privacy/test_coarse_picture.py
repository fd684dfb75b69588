"""A coarse picture has at most 32 blocks on a side, whatever the camera sees."""

import base64

import numpy as np
import pytest

from edge_agent.capture.masked_camera import paint_masks
from edge_agent.privacy.coarse_picture import build_coarse_picture
from edge_agent.privacy.delayed_redaction import RedactedFrame
from tests.edge_agent.privacy.coarse_pictures import NOON, coarse_picture
from wire.fleet.preview import MAX_BLOCKS


@pytest.mark.parametrize(
    ("width", "height", "blocks"),
    [
        (1920, 1080, (32, 18)),
        (1080, 1920, (18, 32)),
        (640, 480, (32, 24)),
        (500, 500, (32, 32)),
        (20, 10, (20, 10)),
        (4000, 1, (32, 1)),
    ],
)
def test_the_longer_side_has_at_most_32_blocks(width, height, blocks):
    picture = coarse_picture(width, height)
    assert (picture.width, picture.height) == blocks
    assert len(base64.b64decode(picture.grey)) == blocks[0] * blocks[1]


def test_a_face_is_four_blocks_wide_where_the_view_is_128_cm_wide():
    face_m, view_m = 0.16, 1.28
    assert MAX_BLOCKS * face_m / view_m == pytest.approx(4)
    assert MAX_BLOCKS / view_m == pytest.approx(25)


def test_a_mask_stays_in_the_picture():
    image = np.full((180, 320, 3), 200, np.uint8)
    masked = paint_masks(image, [((0, 0), (0.5, 0), (0.5, 1), (0, 1))], 0.0)
    picture = build_coarse_picture(RedactedFrame(masked, NOON, 0.0), "kx-01-cam-1")
    rows = np.frombuffer(base64.b64decode(picture.grey), np.uint8).reshape(18, 32)
    assert rows[:, :15].max() == 0
    assert rows[:, 17:].min() == 200
