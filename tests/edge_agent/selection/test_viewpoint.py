"""A camera that is pushed, covered, darkened and crowded, second by second."""

import cv2
import numpy as np
import pytest

from edge_agent.selection.downscale import downscale
from edge_agent.selection.image_quality import ImageQuality
from edge_agent.selection.viewpoint import Viewpoint, ViewpointState
from edge_agent.settings.capture import QualitySettings
from wire.audience import BlindCause

WIDTH, HEIGHT = 640, 360
GRAINS = np.random.default_rng(8).normal(0, 1, (5, HEIGHT, WIDTH)).astype(np.float32)


@pytest.fixture(scope="module")
def square():
    """A place with walls of many sizes."""
    random = np.random.default_rng(4)
    place = np.full((HEIGHT, WIDTH), 110, np.float32)
    for _ in range(60):
        x, y = random.integers(0, WIDTH), random.integers(0, HEIGHT)
        w, h = random.integers(15, 120, 2)
        place[y : y + h, x : x + w] = random.integers(30, 220)
    return place


def picture(place, second, noise=3):
    grain = GRAINS[second % len(GRAINS)] * noise
    return downscale(np.clip(place + grain, 0, 255).astype(np.uint8))


def pushed(place):
    return np.roll(place, WIDTH // 5, axis=1)


def covered(place):
    hidden = place.copy()
    hidden[:, : int(WIDTH * 0.9)] = 70
    return hidden


def crowded(place, second):
    random = np.random.default_rng(second)
    busy = place.copy()
    for x in random.integers(0, WIDTH - 70, 5):
        busy[120:, x : x + 64] = random.integers(30, 200)
    return busy


def views(*stretches):
    """Watch each place for so many seconds; the views at the end of each stretch."""
    viewpoint, second, said = Viewpoint(), 0, []
    for draw, seconds in stretches:
        for _ in range(seconds):
            view = viewpoint.view(picture(draw(second), second), float(second))
            second += 1
        said.append(view)
    return said


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda place, n: place * 0.3, id="night falls"),
        pytest.param(lambda place, n: 255 * (place / 255) ** 0.5, id="the iris opens"),
        pytest.param(lambda place, n: cv2.GaussianBlur(place, (0, 0), 3), id="a little rain"),
        pytest.param(lambda place, n: np.roll(place, 3, axis=1), id="the wind shakes it"),
        pytest.param(crowded, id="rush hour"),
    ],
)
def test_it_is_still_the_same_place_when(square, change):
    said = views((lambda n: square, 90), (lambda n: change(square, n), 60))
    assert said == [ViewpointState.KNOWN, ViewpointState.KNOWN]


def test_a_moved_camera_is_detected_after_twenty_seconds(square):
    assert (
        views((lambda n: square, 90), (lambda n: pushed(square), 19)) == [ViewpointState.KNOWN] * 2
    )
    said = views((lambda n: square, 90), (lambda n: pushed(square), 25))
    assert said == [ViewpointState.KNOWN, ViewpointState.MOVED]


def test_a_person_briefly_before_the_lens_is_no_obstruction(square):
    said = views((lambda n: square, 90), (lambda n: covered(square), 15), (lambda n: square, 30))
    assert said == [ViewpointState.KNOWN] * 3


def test_a_covered_camera_is_obstructed_until_it_is_uncovered(square):
    said = views((lambda n: square, 90), (lambda n: covered(square), 60), (lambda n: square, 2))
    assert said == [ViewpointState.KNOWN, ViewpointState.OBSTRUCTED, ViewpointState.KNOWN]


def test_a_new_place_is_accepted_after_ten_minutes(square):
    said = views(
        (lambda n: square, 90), (lambda n: pushed(square), 590), (lambda n: pushed(square), 30)
    )
    assert said == [ViewpointState.KNOWN, ViewpointState.MOVED, ViewpointState.KNOWN]


def test_a_camera_moved_during_the_night_is_detected_in_the_morning(square):
    viewpoint = Viewpoint()
    for second in range(90):
        viewpoint.view(picture(square, second), float(second))
    morning = 8 * 3600
    said = [
        viewpoint.view(picture(pushed(square), second), float(morning + second))
        for second in range(30)
    ]
    assert (said[0], said[-1]) == (ViewpointState.KNOWN, ViewpointState.MOVED)


def test_the_first_minute_is_for_learning(square):
    assert (
        views((lambda n: square, 30), (lambda n: pushed(square), 29)) == [ViewpointState.KNOWN] * 2
    )


def test_obstructed_time_is_blind_and_moved_time_is_not(square):
    quality = ImageQuality(QualitySettings())
    causes = {}
    for name, place, seconds in (
        ("learning", square, 90), ("pushed", pushed(square), 30),
        ("back", square, 30), ("covered", covered(square), 30),
    ):  # fmt: skip
        for _ in range(seconds):
            second = causes.setdefault("second", 0)
            causes["second"] = second + 1
            causes[name] = quality.unobserved_cause(picture(place, second), float(second))
            causes[f"{name} moved"] = quality.moved
    assert causes["pushed"] is None
    assert causes["pushed moved"]
    assert not causes["back moved"]
    assert causes["covered"] is BlindCause.OBSTRUCTED
