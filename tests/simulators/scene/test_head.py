"""The surface of a head: its measures, its symmetry and its normals."""

import numpy as np
import pytest

from simulators.scene.head import CHIN_CM, CROWN_CM, Build, build_surface, compute_normals, relief


@pytest.fixture(scope="module")
def average():
    return build_surface(Build())


def width(surface, y_cm):
    """Width of the head at a height, in centimetres."""
    level = np.abs(surface.points[:, 0, 1] - y_cm).argmin()
    return np.ptp(surface.points[level, :, 0])


def test_an_average_head_is_twenty_three_centimetres_high_and_fifteen_wide(average):
    heights = average.points[..., 1]
    assert heights.min() == pytest.approx(CROWN_CM, abs=0.1)
    assert heights.max() == pytest.approx(CHIN_CM, abs=0.1)
    assert width(average, -4.0) == pytest.approx(15.0, abs=0.3)


def test_the_nose_is_at_longitude_zero_and_points_to_the_viewer(average):
    row, column = np.unravel_index(average.points[..., 2].argmax(), average.longitude_deg.shape)
    assert abs(average.longitude_deg[row, column]) < 2
    assert average.points[row, column, 1] == pytest.approx(3.8, abs=0.6)  # the tip of the nose


def test_left_and_right_mirror_each_other(average):
    mirrored = average.points[:, ::-1] * (-1, 1, 1)
    assert np.allclose(average.points, mirrored, atol=1e-3)


def test_the_build_changes_the_part_that_it_names(average):
    wide = build_surface(Build(width=1.1))
    assert width(wide, -4.0) == pytest.approx(1.1 * width(average, -4.0), rel=1e-3)
    jaw = build_surface(Build(jaw=1.2))
    assert width(jaw, -4.0) == pytest.approx(width(average, -4.0), rel=1e-3)
    assert width(jaw, 8.0) > 1.1 * width(average, 8.0)


def test_a_larger_nose_reaches_further_and_leaves_the_cheek_as_it_is():
    nose, cheek = np.asarray([0.0]), np.asarray([5.0])
    level = np.asarray([3.8])
    small, large = Build(nose=0.8), Build(nose=1.2)
    assert relief(nose, level, large) - relief(nose, level, small) == pytest.approx(1.0, abs=0.05)
    assert relief(cheek, level, large) == pytest.approx(relief(cheek, level, small), abs=0.01)


def test_the_normals_of_a_plane_are_perpendicular_to_it():
    x, y = np.meshgrid(np.arange(4.0), np.arange(5.0))
    normals = compute_normals(np.stack([x, y, 2.0 + 0 * x], axis=-1))
    assert np.abs(normals[..., 2]) == pytest.approx(np.ones((5, 4)))
    assert normals[..., :2] == pytest.approx(np.zeros((5, 4, 2)))


def test_the_face_is_directed_to_the_viewer(average):
    middle = np.abs(average.longitude_deg[0]) < 20
    cheeks = average.normals[100:170][:, middle, 2]
    assert (cheeks > 0).mean() > 0.9


def test_points_that_coincide_have_a_normal_of_zero_and_not_of_nan():
    assert compute_normals(np.zeros((3, 3, 3))).tolist() == np.zeros((3, 3, 3)).tolist()
