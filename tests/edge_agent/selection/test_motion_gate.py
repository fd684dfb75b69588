"""The gate on drawn clips: what must leave it closed, what must open it, what is honestly so-so.

Thirty seconds each, five pictures a second, 640 x 360 with an untidy background.
"""

import math

import cv2
import numpy as np
import pytest

from edge_agent.selection.background_model import BackgroundModel
from edge_agent.selection.downscale import downscale
from edge_agent.selection.motion_gate import MotionGate
from edge_agent.settings.capture import MotionSettings

WIDTH, HEIGHT, PICTURES = 640, 360, 150


@pytest.fixture(scope="module")
def place():
    return untidy_place()


def untidy_place():
    random = np.random.default_rng(3)
    coarse = random.integers(50, 190, (12, 20)).astype(np.float32)
    fine = random.integers(-25, 25, (90, 160)).astype(np.float32)
    walls = cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    grain = cv2.resize(fine, (WIDTH, HEIGHT), interpolation=cv2.INTER_NEAREST)
    return np.clip(walls + grain, 20, 220).astype(np.float32)


def lit(factor):
    return lambda place, n: place * factor(n)


def banded(place, n):
    rows = np.sin(np.arange(HEIGHT) / HEIGHT * 4 * math.pi + n * 1.3)
    return place * (1 + 0.06 * rows)[:, None].astype(np.float32)


def shaken(place, n):
    return np.roll(place, ((n * 7) % 3 - 1, (n * 5) % 3 - 1), (0, 1))


def lamp(place, n):
    place = place.copy()
    place[40:160, 60:200] += 40 * (n // 30 % 2)
    return place


def soft_lamp(place, n):
    across, down = np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT))
    glow = np.exp(-((across - 200) ** 2 + (down - 120) ** 2) / (2 * 70**2))
    return place * (1 + 0.5 * glow * (n // 10 % 2)).astype(np.float32)


def trembling(place, n):
    right, down = 1.2 * math.sin(n * 2.3), 1.2 * math.sin(n * 3.1 + 1)
    way = np.array([[1, 0, right], [0, 1, down]], np.float32)
    return cv2.warpAffine(place, way, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT)


def walking(width, height, contrast, *, step_px=8.0):
    def draw(place, n):
        place = place.copy()
        x = int((20 + n * step_px) % (WIDTH - 60))
        place[150 : 150 + height, x : x + width] += contrast
        return place

    return draw


def arrived(place, n):
    """Comes after two seconds and then sways by a fifth of a pixel each picture."""
    return walking(40, 120, 35, step_px=0.2)(place, n) if n > 10 else place


def under_a_lamp(place, n):
    return walking(40, 120, 35)(soft_lamp(place, n), n)


def past_a_camera_that_trembles(place, n):
    return walking(40, 120, 35)(trembling(place, n), n)


def moved(place, draw, noise):
    random = np.random.default_rng(5)
    grains = [random.normal(0, noise, place.shape).astype(np.float32) for _ in range(8)]
    scene = BackgroundModel(MotionSettings())
    answers = []
    for n in range(PICTURES):
        picture = np.clip(draw(place, n) + grains[n * 3 % 8], 0, 255).astype(np.uint8)
        answers.append(scene.detect_motion(downscale(picture), n / 5))
    return answers


@pytest.mark.parametrize(
    ("draw", "noise", "limit"),
    [
        pytest.param(lit(lambda n: 1.0), 3, 0.02, id="still"),
        pytest.param(lit(lambda n: 1.0), 8, 0.02, id="noisy"),
        pytest.param(lit(lambda n: 1.0), 15, 0.02, id="very noisy"),
        pytest.param(lit(lambda n: 0.08), 4, 0.02, id="dark and noisy"),
        pytest.param(lit(lambda n: 1 + 0.04 * (-1) ** n), 3, 0.02, id="mains flicker"),
        pytest.param(lit(lambda n: 1.25 if n // 40 % 2 else 1.0), 3, 0.02, id="exposure steps"),
        pytest.param(lit(lambda n: 1 + 0.12 * math.sin(n * 0.4)), 3, 0.02, id="exposure hunts"),
        pytest.param(banded, 3, 0.02, id="rolling bands"),
        pytest.param(shaken, 3, 0.02, id="shaken by a pixel"),
        pytest.param(trembling, 3, 0.02, id="trembling by parts of a pixel"),
        pytest.param(lit(lambda n: 1 + 0.4 * n / PICTURES), 3, 0.02, id="sunrise: saturates"),
        pytest.param(lamp, 3, 0.02, id="a lamp on and off"),
        pytest.param(soft_lamp, 3, 0.02, id="a lamp with a soft edge, every two seconds"),
    ],
)
def test_without_motion_the_detector_does_not_run(place, draw, noise, limit):
    assert np.mean(moved(place, draw, noise)[1:]) <= limit


@pytest.mark.parametrize(
    ("draw", "noise"),
    [
        pytest.param(walking(40, 120, 35), 3, id="a body"),
        pytest.param(walking(40, 120, 20), 8, id="a body, faint in noise"),
        pytest.param(walking(20, 20, 35), 3, id="a face"),
        pytest.param(walking(20, 20, 20), 8, id="a face, faint in noise"),
        pytest.param(walking(14, 40, 12, step_px=4), 3, id="far away and grey in grey"),
        pytest.param(arrived, 3, id="almost still"),
        pytest.param(under_a_lamp, 3, id="a body while a lamp goes on and off"),
        pytest.param(past_a_camera_that_trembles, 3, id="a body before a camera that trembles"),
    ],
)
def test_motion_opens_the_gate(place, draw, noise):
    assert np.mean(moved(place, draw, noise)[12:]) >= 0.95


def test_the_gate_opens_for_a_live_track_although_nothing_moves(place):
    gate = MotionGate(MotionSettings(heartbeat_s=60))
    still = downscale(place.astype(np.uint8))
    assert gate.should_analyse(still, 0.0, tracks=0)  # the first picture is always looked at
    assert not gate.should_analyse(still, 1.0, tracks=0)
    assert gate.should_analyse(still, 2.0, tracks=1)
    assert (gate.counters.by_heartbeat, gate.counters.by_track) == (1, 1)


def test_the_heartbeat_analyses_a_frame_and_counts_what_the_gate_missed(place):
    gate = MotionGate(MotionSettings(heartbeat_s=5))
    still = downscale(place.astype(np.uint8))
    opened = []
    for n in range(101):
        if gate.should_analyse(still, n / 5, tracks=0):
            opened.append(n / 5)
            gate.record_faces(faces=int(n == 53))
    assert opened == [0, 0.6, 5.6, 10.6, 15.6]  # the second, because the place is not known yet
    assert (gate.counters.by_heartbeat, gate.counters.missed) == (5, 1)


def test_the_gate_stays_open_after_the_last_motion(place):
    gate = MotionGate(MotionSettings(linger_s=2, heartbeat_s=60))
    #  empty for 2 s, somebody walks for 1 s, empty again
    opened = []
    for n in range(40):
        picture = place.astype(np.uint8)
        if 10 <= n <= 15:
            picture[100:200, n * 20 : n * 20 + 100] = 255
        if gate.should_analyse(downscale(picture), n / 5, tracks=0):
            opened.append(n / 5)
    early = [0.0, 0.6]  # while the place is not known yet
    assert opened == [*early, *(n / 5 for n in range(10, 26))]


def test_an_open_gate_analyses_every_frame(place):
    gate = MotionGate(MotionSettings(always=True))
    still = downscale(place.astype(np.uint8))
    assert all(gate.should_analyse(still, n / 5, tracks=0) for n in range(20))


def test_black_pictures_are_no_division_by_zero():
    scene = BackgroundModel(MotionSettings())
    black = np.zeros((180, 320), np.uint8)
    assert [scene.detect_motion(black, n / 5) for n in range(3)] == [False] * 3


def opened_for(place, faces):
    """Somebody or something comes in within a second, then stands as a statue does."""
    gate = MotionGate(MotionSettings(linger_s=1, heartbeat_s=60))
    opened = []
    for n in range(300):
        picture = place.astype(np.uint8)
        if n >= 25:
            left = 60 * (n - 25) if n < 30 else 300
            picture[100:250, left : left + 200] = 30
        if gate.should_analyse(downscale(picture), n / 5, tracks=0):
            opened.append(n / 5)
            gate.record_faces(faces)
    return opened


def test_what_stays_and_has_no_face_is_soon_part_of_the_place(place):
    opened = opened_for(place, faces=0)
    assert 5 <= len(opened) < 100
    assert max(opened) < 25


def test_motion_of_a_person_with_a_face_does_not_become_background(place):
    opened = opened_for(place, faces=1)
    assert max(opened) > 25
    assert len(opened) > 100


def test_between_frames_far_apart_every_difference_is_motion(place):
    #  key pictures alone, one in two seconds: a lamp cannot be told from a person
    scene = BackgroundModel(MotionSettings())
    came = place.copy()
    came[150:270, 200:240] += 35
    pictures = [place] * 8 + [came] * 3
    answers = [
        scene.detect_motion(downscale(p.astype(np.uint8)), 2.0 * n) for n, p in enumerate(pictures)
    ]
    assert answers == [False] * 8 + [True] * 3
