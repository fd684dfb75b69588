"""A head as points: what an appearance adds to it, and what every mesh has."""

from dataclasses import replace

import numpy as np
import pytest

from simulators.scene.appearance import Hair, sample_appearance
from simulators.scene.head_mesh import build_head_mesh

PLAIN = replace(
    sample_appearance(np.random.default_rng(1)),
    style=Hair.BALD, hat=False, glasses=False, skin=(140, 170, 214), hair=(22, 22, 26),
    coat=(40, 200, 40), age_ratio=0.0, beard_ratio=0.0,
)  # fmt: skip


@pytest.fixture(scope="module")
def bald():
    return build_head_mesh(PLAIN)


@pytest.fixture(scope="module")
def dressed():
    return build_head_mesh(replace(PLAIN, style=Hair.LONG, hat=True, glasses=True))


def points_of(mesh, colour):
    """The points of exactly one colour."""
    return mesh.points[(mesh.colours == np.asarray(colour, np.float32)).all(axis=1)]


def test_every_point_has_a_unit_normal_a_colour_and_a_shine(bald, dressed):
    for mesh in (bald, dressed):
        count = len(mesh.points)
        assert mesh.points.shape == mesh.normals.shape == mesh.colours.shape == (count, 3)
        assert mesh.shine.shape == (count,)
        assert np.isfinite(mesh.points).all()
        assert 0 <= mesh.shine.min() <= mesh.shine.max() <= 0.1


def test_nearly_every_normal_is_of_unit_length(bald):
    length = np.linalg.norm(bald.normals, axis=1)
    assert (np.abs(length - 1) < 1e-3).mean() > 0.98


def test_a_head_is_twenty_three_centimetres_high_and_symmetric(bald):
    head = bald.points[bald.points[:, 1] < 6]  # without the neck
    assert head[:, 1].min() == pytest.approx(-12, abs=0.5)
    assert head[:, 0].min() == pytest.approx(-head[:, 0].max(), abs=0.05)


def test_glasses_are_in_front_of_the_eyes(dressed):
    frame = points_of(dressed, (34, 32, 36))
    lenses = frame[frame[:, 2] > 8]
    assert len(lenses) > 1000
    assert lenses[:, 1].min() > -2.5
    assert lenses[:, 1].max() < 2.5


def test_without_glasses_no_point_has_the_colour_of_a_frame(bald):
    assert len(points_of(bald, (34, 32, 36))) == 0


def test_a_hat_has_the_colour_of_the_coat_and_is_above_the_brow(dressed, bald):
    hat = points_of(dressed, PLAIN.coat)
    assert len(hat) > 1000
    assert hat[:, 1].max() < -4
    assert len(points_of(bald, PLAIN.coat)) == 0


def test_long_hair_reaches_the_shoulders_behind_the_face(dressed):
    behind = dressed.points[(dressed.points[:, 2] < -5) & (dressed.points[:, 1] > 10)]
    assert len(behind) > 1000


def test_the_front_of_a_bald_crown_has_the_colour_of_skin_and_short_hair_covers_it(bald):
    short = build_head_mesh(replace(PLAIN, style=Hair.SHORT))

    def crown(mesh):
        return mesh.colours[(mesh.points[:, 1] < -10) & (mesh.points[:, 2] > 3)].mean(axis=0)

    assert crown(bald) == pytest.approx(PLAIN.skin, rel=0.15)
    assert crown(short).max() < 40
    assert short.points[:, 1].min() < bald.points[:, 1].min() - 0.8
