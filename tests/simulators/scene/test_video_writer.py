"""Frames are reproducible, sprites are blended inside the picture, a clip has every frame."""

import av
import cv2
import numpy as np
import pytest

from edge_agent.selection.downscale import downscale
from edge_agent.selection.image_quality import assess_picture
from edge_agent.settings.capture import QualitySettings
from simulators.scene.lens import Lens
from simulators.scene.population import create_population
from simulators.scene.video_writer import SceneRenderer, paste_sprite, write_video
from wire.audience import BlindCause

SMALL = Lens(640, 360)
FPS = 10


def test_the_same_seed_draws_the_same_pixels():
    first, again = (
        SceneRenderer(create_population(1, 12, 5, SMALL), SMALL, 5).picture(6.0) for _ in range(2)
    )
    other = SceneRenderer(create_population(1, 12, 6, SMALL), SMALL, 6).picture(6.0)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def sprite(side, colour, alpha):
    """A square of one colour, multiplied by alpha."""
    premultiplied = [round(value * alpha / 255) for value in colour]
    return np.full((side, side, 4), (*premultiplied, alpha), np.uint8)


def test_an_opaque_sprite_replaces_the_picture_under_it():
    picture = np.full((6, 8, 3), 9, np.uint8)
    paste_sprite(picture, sprite(2, (10, 20, 30), 255), left=3, top=1)
    assert (picture[1:3, 3:5] == (10, 20, 30)).all()
    assert int((picture == 9).all(axis=2).sum()) == 6 * 8 - 4


@pytest.mark.parametrize(("alpha", "expected"), [(0, 200), (51, 180), (255, 100)])
def test_a_transparent_sprite_is_blended_by_its_alpha(alpha, expected):
    picture = np.full((4, 4, 3), 200, np.uint8)
    paste_sprite(picture, sprite(4, (100, 100, 100), alpha), left=0, top=0)
    assert (picture == expected).all()


@pytest.mark.parametrize(
    ("left", "top", "pixels"),
    [(-2, -2, 1), (7, 5, 1), (6, 0, 6), (-3, 0, 0), (8, 0, 0), (0, 6, 0), (-900, 900, 0)],
)
def test_only_the_part_inside_the_picture_is_pasted(left, top, pixels):
    picture = np.zeros((6, 8, 3), np.uint8)
    paste_sprite(picture, sprite(3, (255, 255, 255), 255), left, top)
    assert int((picture == 255).all(axis=2).sum()) == pixels


def test_a_clip_has_every_frame_at_its_time(tmp_path):
    clip = tmp_path / "clip.mp4"
    assert list(write_video(SceneRenderer((), SMALL, 1), 25, FPS, clip, SMALL))[-1] == 25
    with av.open(str(clip)) as container:
        times = [frame.time for frame in container.decode(video=0)]
    assert times == pytest.approx([number / FPS for number in range(25)])


def test_a_covered_lens_shows_noise_that_the_agent_calls_dark():
    people = create_population(1, 12, 5, SMALL)
    covered = SceneRenderer(people, SMALL, 5, is_covered=True)
    first, second = (cv2.cvtColor(covered.picture(at_s), cv2.COLOR_BGR2GRAY) for at_s in (6, 7))
    assert not np.array_equal(first, second)
    assert assess_picture(downscale(first), QualitySettings()) is BlindCause.DARK
