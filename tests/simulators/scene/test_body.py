"""A drawn body is where its feet are, as large as its distance says, and inside the picture."""

from dataclasses import replace

import numpy as np
import pytest

from simulators.scene.appearance import sample_appearance
from simulators.scene.body import draw_body
from simulators.scene.lens import Lens
from simulators.scene.trajectory import Pose

LENS = Lens(640, 360)
WALL = 200
APPEARANCE = replace(
    sample_appearance(np.random.default_rng(0)),
    height_cm=170.0, coat=(60, 60, 60), trousers=(30, 30, 30), skin=(120, 150, 250),
)  # fmt: skip


def pose(x_m=0.0, z_m=6.0, *, body_yaw_deg=0.0, speed_m_s=0.0, stride_ratio=0.0):
    return Pose(x_m, z_m, 1.6, 0.0, 0.0, body_yaw_deg, speed_m_s, stride_ratio)


def draw(shown, appearance=APPEARANCE):
    picture = np.full((360, 640, 3), WALL, np.uint8)
    draw_body(picture, shown, appearance, LENS)
    return picture


def changed(picture):
    rows, columns = np.nonzero((picture != WALL).any(axis=2))
    return rows, columns


def test_a_body_reaches_from_below_the_chin_to_the_floor():
    rows, columns = changed(draw(pose()))
    scale, feet = LENS.scale(6.0), LENS.pixel(0.0, 0.0, 6.0)
    assert rows.min() == pytest.approx(feet[1] - 0.845 * 1.7 * scale, abs=3)
    assert rows.max() == pytest.approx(feet[1], abs=0.06 * scale)
    assert columns.mean() == pytest.approx(feet[0], abs=3)
    assert columns.max() - columns.min() < 0.9 * scale


def test_at_half_the_distance_a_body_is_twice_as_wide():
    _, near = changed(draw(pose(z_m=6.0)))
    _, far = changed(draw(pose(z_m=12.0)))
    assert np.ptp(near) == pytest.approx(2 * np.ptp(far), rel=0.1)


def test_a_person_beside_the_view_changes_no_pixel():
    assert (draw(pose(x_m=9.0)) == WALL).all()
    assert (draw(pose(x_m=-9.0)) == WALL).all()


def test_a_person_at_the_edge_is_cut_off():
    _, columns = changed(draw(pose(x_m=LENS.edge_m(6.0))))
    assert columns.max() == 639
    assert columns.min() > 560


def test_the_neck_is_visible_only_from_the_front():
    def skin_pixels(picture):
        return int(((picture[..., 2] > 150) & (picture[..., 0] < 110)).sum())

    assert skin_pixels(draw(pose(body_yaw_deg=0.0))) > skin_pixels(draw(pose(body_yaw_deg=170.0)))


def test_legs_move_only_in_a_walk():
    side = {"body_yaw_deg": 90.0, "stride_ratio": 0.25}
    standing = changed(draw(pose(**side)))[1]
    walking = changed(draw(pose(**side, speed_m_s=1.2)))[1]
    assert np.ptp(walking) > np.ptp(standing) + 5


def test_a_bright_coat_is_not_lit_beyond_white():
    white = replace(APPEARANCE, coat=(250, 250, 250))
    picture = draw(pose(), white)
    row = round(LENS.pixel(0.0, 1.2, 6.0)[1])
    assert picture[row, 313:327].min() >= 200
    assert picture[row, 313:327].max() == 255


def test_the_floor_is_darkened_at_the_feet():
    picture = draw(pose())
    column, row = (round(value) for value in LENS.pixel(0.3, 0.0, 6.0))
    assert picture[row, column].max() < WALL
    assert picture[row, column].min() > WALL / 2
