"""Metres become pixels as a pinhole camera projects them."""

import pytest

from simulators.scene.lens import Lens, SizeError, yaw_to_camera

HD = Lens(1280, 720)  # focal length 0.8 * 1280 = 1024 px, horizon in row 0.4 * 720 = 288


def test_a_point_at_camera_height_is_on_the_horizon_at_any_distance():
    assert HD.pixel(0, 1.75, 2) == (640, 288)
    assert HD.pixel(0, 1.75, 50) == (640, 288)


def test_a_metre_is_half_as_long_at_twice_the_distance():
    assert HD.scale(2) == 512
    assert HD.scale(4) == 256
    assert HD.pixel(1, 0.75, 2) == (640 + 512, 288 + 512)
    assert HD.face_px(2) == pytest.approx(0.18 * 512)


def test_the_edge_of_the_view_is_the_edge_of_the_picture():
    assert HD.edge_m(2) == 1.25
    assert HD.pixel(HD.edge_m(3), 0, 3)[0] == pytest.approx(1280)
    assert HD.pixel(-HD.edge_m(3), 0, 3)[0] == pytest.approx(0)


def test_an_angle_is_measured_against_the_line_to_the_camera():
    #        z
    #  (-3,3)x        x(0,3)
    #              o camera at 0,0
    assert yaw_to_camera(0, 3, 0, -1) == pytest.approx(0)
    assert yaw_to_camera(0, 3, 1, 0) == pytest.approx(90)
    assert yaw_to_camera(-3, 3, 1, -1) == pytest.approx(0)
    assert abs(yaw_to_camera(-3, 3, -1, 1)) == pytest.approx(180)


@pytest.mark.parametrize("size", [(320, 180), (3840, 2160), (3840, 180), (320, 2160)])
def test_the_smallest_and_the_largest_picture_are_accepted(size):
    assert (Lens(*size).width_px, Lens(*size).height_px) == size


@pytest.mark.parametrize(
    "size", [(318, 180), (320, 178), (3842, 2160), (3840, 2162), (1281, 720), (1280, 721), (0, 0)]
)
def test_a_size_that_cannot_be_encoded_is_refused(size):
    width, height = size
    with pytest.raises(SizeError, match=f"{width}x{height} cannot be drawn: use even numbers"):
        Lens(width, height)
