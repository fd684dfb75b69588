"""A painted face: the texture that the head mesh reads its colours from."""

from dataclasses import replace

import numpy as np
import pytest

from simulators.scene.appearance import sample_appearance
from simulators.scene.face import (
    HIGH_PX,
    LEFT_CM,
    PX_PER_CM,
    TOP_CM,
    WIDE_PX,
    grain,
    paint_face,
    sample_colours,
    spot,
)

PLAIN = replace(
    sample_appearance(np.random.default_rng(1)),
    skin=(158, 184, 226), hair=(22, 22, 26), beard_ratio=0.0, age_ratio=0.0, lipstick_ratio=0.15,
)  # fmt: skip


def area(canvas, x_cm, y_cm, half_cm=0.3):
    """Mean colour of a square on the canvas."""
    column, row = (x_cm - LEFT_CM) * PX_PER_CM, (y_cm - TOP_CM) * PX_PER_CM
    half = half_cm * PX_PER_CM
    part = canvas[int(row - half) : int(row + half), int(column - half) : int(column + half)]
    return part.reshape(-1, 3).mean(axis=0)


@pytest.fixture(scope="module")
def canvas():
    return paint_face(PLAIN)


def test_the_canvas_covers_eighteen_by_twenty_five_centimetres(canvas):
    assert canvas.shape == (25 * 32, 18 * 32, 3)
    assert canvas.dtype == np.uint8


def test_the_same_appearance_gives_the_same_face(canvas):
    assert np.array_equal(paint_face(PLAIN), canvas)


def test_the_forehead_has_the_skin_tone_and_the_pupils_are_dark(canvas):
    assert area(canvas, 0.0, -5.0) == pytest.approx(PLAIN.skin, rel=0.12)
    for side in (-1, 1):
        assert area(canvas, side * 3.1 * PLAIN.build.eyes_apart, 0.05, 0.1).max() < 60


def test_a_beard_darkens_the_chin_and_not_the_forehead(canvas):
    bearded = paint_face(replace(PLAIN, beard_ratio=1.0))
    assert area(bearded, 0.0, 9.8).mean() < 0.6 * area(canvas, 0.0, 9.8).mean()
    assert area(bearded, 0.0, -5.0) == pytest.approx(area(canvas, 0.0, -5.0), rel=0.05)


def test_lines_appear_with_age_and_lipstick_reddens_the_lips(canvas):
    fold, lips = (2.5, 5.4, 0.08), (0.0, 7.1, 0.15)
    changed = paint_face(replace(PLAIN, age_ratio=1.0, lipstick_ratio=1.0))
    assert area(changed, *fold).mean() < area(canvas, *fold).mean() - 15
    assert area(changed, *lips)[1] < area(canvas, *lips)[1] - 10  # less green


def test_colours_are_read_at_centimetres_and_replicated_beyond_the_edge(canvas):
    x, y = np.asarray([[0.0, -100.0, 100.0]]), np.asarray([[0.0, -100.0, 100.0]])
    middle, first, last = sample_colours(canvas, x, y)[0]
    assert middle == pytest.approx(canvas[int(-TOP_CM * PX_PER_CM), int(-LEFT_CM * PX_PER_CM)])
    assert first == pytest.approx(canvas[0, 0])
    assert last == pytest.approx(canvas[-1, -1])


def test_a_spot_is_one_in_its_middle_and_falls_as_a_normal_curve():
    patch = spot(0.0, 0.0, 2.0, 1.0)
    row, column = int(-TOP_CM * PX_PER_CM), int(-LEFT_CM * PX_PER_CM)
    assert patch.shape == (HIGH_PX, WIDE_PX)
    assert patch[row, column] == 1.0
    assert patch[row, column + int(2 * PX_PER_CM)] == pytest.approx(np.exp(-0.5))
    assert patch[row + int(2 * PX_PER_CM), column] == pytest.approx(np.exp(-2.0))


def test_coarse_grain_is_smoother_than_fine_grain():
    coarse, fine = (grain(np.random.default_rng(3), size_cm) for size_cm in (4.0, 0.25))
    assert np.abs(np.diff(coarse)).mean() < np.abs(np.diff(fine)).mean() / 5
    assert abs(fine.mean()) < 0.1
