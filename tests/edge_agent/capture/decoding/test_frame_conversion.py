"""Decoded pictures become luma, colours and planes: upright, on video levels, when needed."""

from datetime import UTC, datetime

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange

from edge_agent.capture.decoding.frame_conversion import to_bgr, to_frame, to_i420, to_luma
from edge_agent.capture.decoding.orientation import UPRIGHT, Orientation
from edge_agent.capture.decoding.packet_decoder import DecodedPicture

EIGHT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
QUARTER = Orientation(swapped=True, rows_reversed=True)
FORMATS = ["yuv420p", "yuvj420p", "yuv422p", "yuv444p", "nv12", "gray", "bgr24"]


def picture(pixel_format="yuv420p", width=50, height=38, orientation=UPRIGHT, levels=None):
    """Dark on the left, bright on the right. 50 columns are padded to 64 by FFmpeg."""
    image = np.full((height, width, 3), 40, np.uint8)
    image[:, width // 2 :] = 200
    frame = av.VideoFrame.from_ndarray(image, format="bgr24")
    if pixel_format != "bgr24":
        frame = frame.reformat(format=pixel_format)
    if levels is not None:
        frame.color_range = levels
    return DecodedPicture(frame, 0.0, orientation)


@pytest.mark.parametrize("pixel_format", FORMATS)
def test_luma_and_colours_of_every_format_show_the_same(pixel_format):
    frame = to_frame(picture(pixel_format), EIGHT, 1.5, 7)
    assert (frame.captured_at, frame.elapsed_s, frame.index) == (EIGHT, 1.5, 7)
    assert (frame.image.shape, frame.luma().shape) == ((38, 50, 3), (38, 50))
    assert frame.image[:, 5].mean() == pytest.approx(40, abs=3)
    assert frame.image[:, 45].mean() == pytest.approx(200, abs=3)
    assert frame.luma()[:, 5].mean() == pytest.approx(16 + 40 * 219 / 255, abs=2)
    assert frame.luma()[:, 45].mean() == pytest.approx(16 + 200 * 219 / 255, abs=2)


def test_the_luma_is_a_view_of_the_decoded_plane_without_its_padding():
    decoded = picture(width=50)
    assert decoded.frame.planes[0].line_size > 50
    luma = to_luma(decoded)
    assert luma.shape == (38, 50)
    plane = np.frombuffer(memoryview(decoded.frame.planes[0]), np.uint8)
    assert np.shares_memory(luma, plane)


def test_an_odd_last_row_and_column_are_left_out_of_the_planes():
    planes = to_i420(picture("yuv420p", width=51, height=39))
    assert planes.shape == (38 * 3 // 2, 50)


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuvj420p"])
def test_every_conversion_is_upright(pixel_format):
    decoded = picture(pixel_format, orientation=QUARTER)
    assert to_bgr(decoded).shape == (50, 38, 3)
    assert to_luma(decoded).shape == (50, 38)
    assert to_i420(decoded).shape == (75, 38)
    upper, lower = to_luma(decoded)[:20].mean(), to_luma(decoded)[30:].mean()
    assert upper > lower + 100  # the bright right half is above after a turn anticlockwise
    assert to_bgr(decoded)[:20].mean() > to_bgr(decoded)[30:].mean() + 100
    assert to_i420(decoded)[:20].mean() > to_i420(decoded)[30:50].mean() + 100


@pytest.mark.parametrize("levels", [None, ColorRange.MPEG, ColorRange.JPEG])
@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuvj420p", "yuvj422p", "nv12", "gray"])
def test_the_luma_of_the_planes_is_that_of_the_picture(pixel_format, levels):
    decoded = picture(pixel_format, levels=levels)
    planes, luma = to_i420(decoded), to_luma(decoded)
    assert np.abs(planes[:38].astype(int) - luma.astype(int)).max() <= 1
