"""A frame converts its image when it is read, once, and its luma is on video levels."""

from datetime import UTC, datetime

import numpy as np
import pytest

from edge_agent.capture.frame import Frame, FrameGap, to_video_levels

EIGHT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def grey(level):
    return np.full((4, 6, 3), level, np.uint8)


def test_an_image_is_converted_at_its_first_use_and_only_once():
    calls = []

    def convert():
        calls.append(1)
        return grey(7)

    frame = Frame(convert, EIGHT, 1.5, 3)
    assert (frame.captured_at, frame.elapsed_s, frame.index, calls) == (EIGHT, 1.5, 3, [])
    assert frame.image is frame.image
    assert calls == [1]


def test_the_size_is_that_of_the_image():
    frame = Frame(grey(7), EIGHT, 0.0, 0)
    assert (frame.width_px, frame.height_px) == (6, 4)


def test_the_luma_of_the_decoder_needs_no_conversion():
    luma = np.zeros((4, 6), np.uint8)

    def convert():
        raise AssertionError("the image is not needed")

    assert Frame(convert, EIGHT, 0.0, 0, luma=lambda: luma).luma() is luma


@pytest.mark.parametrize(("level", "luma"), [(0, 16), (255, 235), (128, 126)])
def test_the_luma_of_an_image_is_on_video_levels(level, luma):
    found = Frame(grey(level), EIGHT, 0.0, 0).luma()
    assert (found.shape, found.dtype) == ((4, 6), np.uint8)
    assert (found == luma).all()


def test_all_levels_fit_between_black_and_white_in_order():
    levels = to_video_levels(np.arange(256, dtype=np.uint8)[None])[0]
    assert (levels[0], levels[-1]) == (16, 235)
    assert (np.diff(levels.astype(int)) >= 0).all()


def test_a_frame_is_full_and_a_gap_is_no_rest_unless_stated():
    assert not Frame(grey(0), EIGHT, 0.0, 0).is_coarse
    assert not FrameGap(EIGHT, 0.0).resting
