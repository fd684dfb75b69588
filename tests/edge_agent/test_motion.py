"""The gate on drawn clips: what must leave it closed, what must open it, what is honestly so-so.

Thirty seconds each, five pictures a second, 640 x 360 with an untidy background.
"""

import math

import cv2
import numpy as np
import pytest

from edge_agent.motion import Gate, Scene, small
from edge_agent.settings import MotionSettings

WIDTH, HEIGHT, PICTURES = 640, 360, 150


@pytest.fixture(scope="module")
def place():
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


def moved(place, draw, noise):
    random = np.random.default_rng(5)
    grains = [random.normal(0, noise, place.shape).astype(np.float32) for _ in range(8)]
    scene = Scene(MotionSettings())
    answers = []
    for n in range(PICTURES):
        picture = np.clip(draw(place, n) + grains[n * 3 % 8], 0, 255).astype(np.uint8)
        answers.append(scene.moved(small(picture), n / 5))
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
        pytest.param(shaken, 3, 0.15, id="shaken by a pixel: not without waking"),
        pytest.param(lit(lambda n: 1 + 0.4 * n / PICTURES), 3, 0.25, id="sunrise: saturates"),
        pytest.param(lamp, 3, 0.50, id="a lamp on and off: is a change"),
    ],
)
def test_where_nobody_moves_the_detector_sleeps(place, draw, noise, limit):
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
    ],
)
def test_whoever_moves_wakes_it(place, draw, noise):
    assert np.mean(moved(place, draw, noise)[12:]) >= 0.95


def test_the_gate_opens_for_a_live_track_although_nothing_moves(place):
    gate = Gate(MotionSettings(heartbeat_s=60))
    still = small(place.astype(np.uint8))
    assert gate.opens(still, 0.0, tracks=0)  # the first picture is always looked at
    assert not gate.opens(still, 1.0, tracks=0)
    assert gate.opens(still, 2.0, tracks=1)
    assert (gate.counters.by_heartbeat, gate.counters.by_track) == (1, 1)


def test_the_heartbeat_looks_whatever_the_gate_says_and_tells_what_it_missed(place):
    gate = Gate(MotionSettings(heartbeat_s=5))
    still = small(place.astype(np.uint8))
    opened = []
    for n in range(101):
        if gate.opens(still, n / 5, tracks=0):
            opened.append(n / 5)
            gate.found(faces=int(n == 50))
    assert opened == [0, 5, 10, 15, 20]
    assert (gate.counters.by_heartbeat, gate.counters.missed) == (5, 1)


def test_the_gate_lingers_after_the_last_movement(place):
    gate = Gate(MotionSettings(linger_s=2, heartbeat_s=60))
    here, there = place.astype(np.uint8), place.astype(np.uint8)
    there[100:200, 100:200] = 255
    gate.opens(small(here), 0.0, tracks=0)
    assert gate.opens(small(there), 0.2, tracks=0)
    assert gate.opens(small(here), 2.0, tracks=0)
    assert not gate.opens(small(here), 2.4, tracks=0)


def test_an_open_gate_looks_at_everything(place):
    gate = Gate(MotionSettings(always=True))
    still = small(place.astype(np.uint8))
    assert all(gate.opens(still, n / 5, tracks=0) for n in range(20))


def test_black_pictures_are_no_division_by_zero():
    scene = Scene(MotionSettings())
    black = np.zeros((180, 320), np.uint8)
    assert [scene.moved(black, n / 5) for n in range(3)] == [False] * 3


def test_what_stays_and_has_no_face_is_soon_part_of_the_place(place):
    gate = Gate(MotionSettings(linger_s=1, heartbeat_s=60))
    parked = place.astype(np.uint8)
    parked[100:250, 100:400] = 30
    opened = []
    for n in range(300):
        picture = small(place.astype(np.uint8) if n < 25 else parked)
        if gate.opens(picture, n / 5, tracks=0):
            opened.append(n / 5)
            gate.found(faces=0)
    assert 5 <= len(opened) < 100
    assert max(opened) < 25


def test_whoever_has_a_face_is_remembered_as_somebody(place):
    gate = Gate(MotionSettings(linger_s=1, heartbeat_s=60))
    stands = place.astype(np.uint8)
    stands[100:250, 100:160] = 30
    opened = []
    for n in range(150):
        picture = small(place.astype(np.uint8) if n < 25 else stands)
        if gate.opens(picture, n / 5, tracks=0):
            opened.append(n / 5)
            gate.found(faces=1)
    assert max(opened) > 29
