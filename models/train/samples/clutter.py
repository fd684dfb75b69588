"""Drawn pictures without people: shapes, skin colours, patterns, letters.

There are few photographs without faces, and a detector trained on few of them detects apples and
badges as faces. A picture is drawn in milliseconds and has no licence.
"""

import cv2
import numpy as np

from models.datasets.picture import Image

# darkest and lightest skin under lamps and daylight, BGR; colours are drawn between them
SKIN_DARK, SKIN_LIGHT = (30, 45, 70), (190, 210, 245)
LETTERS = "ABCDEFGHKLMNOPRSTUVXYZ0123456789"


def _colour(rng: np.random.Generator) -> tuple[int, int, int]:
    if rng.random() < 0.4:
        share = rng.random()
        mixed = np.asarray(SKIN_DARK) * (1 - share) + np.asarray(SKIN_LIGHT) * share
        blue, green, red = (int(value) for value in mixed + rng.normal(0, 12, 3))
    else:
        blue, green, red = (int(value) for value in rng.integers(0, 256, 3))
    return blue, green, red


def _ellipse(image: Image, rng: np.random.Generator) -> None:
    side = image.shape[0]
    width = float(np.exp(rng.uniform(np.log(4), np.log(side / 2.5))))
    axes = (int(width), int(width * rng.uniform(0.6, 1.8)))
    centre = tuple(int(value) for value in rng.integers(0, side, 2))
    filled = -1 if rng.random() < 0.75 else int(rng.integers(1, 5))
    cv2.ellipse(image, centre, axes, float(rng.uniform(0, 180)), 0, 360, _colour(rng), filled)
    for _ in range(int(rng.integers(0, 5))):
        spot = tuple(int(c + rng.normal(0, width * 0.5)) for c in centre)
        cv2.circle(image, spot, max(1, int(width * rng.uniform(0.05, 0.3))), _colour(rng), -1)


def _polygon(image: Image, rng: np.random.Generator) -> None:
    side = image.shape[0]
    reach = np.exp(rng.uniform(np.log(6), np.log(side / 2)))
    corners = rng.integers(0, side, 2) + rng.normal(0, reach, (int(rng.integers(3, 7)), 2))
    cv2.fillPoly(image, [corners.astype(np.int32)], _colour(rng))


def _lines(image: Image, rng: np.random.Generator) -> None:
    side = image.shape[0]
    start, step = rng.integers(0, side, 2), rng.normal(0, 8, 2)
    along = rng.normal(0, side / 3, 2)
    colour, thick = _colour(rng), int(rng.integers(1, 5))
    for index in range(int(rng.integers(1, 12))):
        first = start + step * index
        ends = [tuple(int(value) for value in point) for point in (first, first + along)]
        cv2.line(image, ends[0], ends[1], colour, thick)


def _letters(image: Image, rng: np.random.Generator) -> None:
    text = "".join(rng.choice(list(LETTERS), int(rng.integers(1, 8))))
    place = tuple(int(value) for value in rng.integers(0, image.shape[0], 2))
    size = float(np.exp(rng.uniform(np.log(0.3), np.log(3))))
    cv2.putText(image, text, place, int(rng.integers(0, 8)), size, _colour(rng), int(size * 2) + 1)


def _texture(image: Image, rng: np.random.Generator) -> None:
    side = image.shape[0]
    size = int(rng.integers(10, max(11, side // 2)))
    left, top = rng.integers(0, max(1, side - size), 2)
    few = rng.integers(0, 256, (int(rng.integers(2, 9)), int(rng.integers(2, 9)), 3), np.uint8)
    method = cv2.INTER_CUBIC if rng.random() < 0.6 else cv2.INTER_NEAREST
    patch = cv2.resize(few, (size, size), interpolation=method)
    image[top : top + size, left : left + size] = patch


SHAPES = (_ellipse, _ellipse, _polygon, _lines, _letters, _texture)


def clutter(side_px: int, rng: np.random.Generator) -> Image:
    """Draw one square picture, BGR."""
    few = rng.integers(0, 256, (2, 2, 3), np.uint8)
    canvas = cv2.resize(few, (side_px, side_px), interpolation=cv2.INTER_LINEAR)
    image = np.ascontiguousarray(canvas, np.uint8)
    for _ in range(int(rng.integers(4, 40))):
        SHAPES[rng.integers(len(SHAPES))](image, rng)
    if rng.random() < 0.5:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), rng.uniform(0.5, 2.5)), np.uint8)
    return image
