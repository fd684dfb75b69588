"""Drawn clips of an untidy place with and without people: 640 x 360, five pictures a second.

Imports nothing of the tests, so that the benchmark of the motion gate can load it by its path.
"""

import math
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import cv2
import numpy as np

WIDTH, HEIGHT, PICTURES = 640, 360, 150


class Clip(NamedTuple):
    """`draw` gives picture `n` of a place; `noise` is the deviation of the sensor's noise."""

    name: str
    draw: Callable[[Any, int], Any]
    noise: float


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


def glow():
    """The light of a lamp with a soft edge, 0 to 1."""
    across, down = np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT))
    return np.exp(-((across - 200) ** 2 + (down - 120) ** 2) / (2 * 70**2))


GLOW = glow()


def soft_lamp(place, n):
    return place * (1 + 0.5 * GLOW * (n // 10 % 2)).astype(np.float32)


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


@cache
def draw_grains(shape):
    """Noise of unit size, the same for every clip."""
    random = np.random.default_rng(5)
    return [random.standard_normal(shape).astype(np.float32) for _ in range(8)]


def pictures(place, clip):
    """The pictures of a clip with their noise, 8 bits."""
    grains = [clip.noise * grain for grain in draw_grains(place.shape)]
    for n in range(PICTURES):
        yield np.clip(clip.draw(place, n) + grains[n * 3 % 8], 0, 255).astype(np.uint8)


WITHOUT_MOTION = (
    Clip("still", lit(lambda n: 1.0), 3),
    Clip("noisy", lit(lambda n: 1.0), 8),
    Clip("very noisy", lit(lambda n: 1.0), 15),
    Clip("dark and noisy", lit(lambda n: 0.08), 4),
    Clip("mains flicker", lit(lambda n: 1 + 0.04 * (-1) ** n), 3),
    Clip("exposure steps", lit(lambda n: 1.25 if n // 40 % 2 else 1.0), 3),
    Clip("exposure hunts", lit(lambda n: 1 + 0.12 * math.sin(n * 0.4)), 3),
    Clip("rolling bands", banded, 3),
    Clip("shaken by a pixel", shaken, 3),
    Clip("trembling by parts of a pixel", trembling, 3),
    Clip("sunrise: saturates", lit(lambda n: 1 + 0.4 * n / PICTURES), 3),
    Clip("a lamp on and off", lamp, 3),
    Clip("a lamp with a soft edge, every two seconds", soft_lamp, 3),
)
WITH_MOTION = (
    Clip("a body", walking(40, 120, 35), 3),
    Clip("a body, faint in noise", walking(40, 120, 20), 8),
    Clip("a face", walking(20, 20, 35), 3),
    Clip("a face, faint in noise", walking(20, 20, 20), 8),
    Clip("far away and grey in grey", walking(14, 40, 12, step_px=4), 3),
    Clip("almost still", arrived, 3),
    Clip("a body while a lamp goes on and off", under_a_lamp, 3),
    Clip("a body before a camera that trembles", past_a_camera_that_trembles, 3),
)
