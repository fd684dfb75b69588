"""Heads without a face: from behind, with scrambled pieces, or embossed in metal or stone."""

import cv2
import numpy as np

from models.datasets.picture import Floats, Image

# a smaller embossed head cannot be distinguished from a person in bad light
MIN_EMBOSSED_PX = 28.0


def make_hard_negative(
    head: Image, box: Floats, rng: np.random.Generator, *, height_px: float
) -> Image:
    """Remove the face of a head in one of three ways, chosen at random."""
    if height_px >= MIN_EMBOSSED_PX:
        methods, shares = [cover_face, scramble_face, emboss_head], [0.5, 0.25, 0.25]
    else:
        methods, shares = [cover_face, scramble_face], [0.6, 0.4]
    return methods[int(rng.choice(len(methods), p=shares))](head, box, rng)


def emboss_head(head: Image, _: Floats, rng: np.random.Generator) -> Image:
    """Emboss a head in the colour of one metal, as on a coin or a relief."""
    grey = cv2.GaussianBlur(cv2.cvtColor(head, cv2.COLOR_BGR2GRAY), (0, 0), head.shape[0] * 0.012)
    angle, depth = rng.uniform(0, 2 * np.pi), rng.uniform(2.0, 5.0)
    slope_x = cv2.Sobel(grey, cv2.CV_32F, 1, 0, ksize=3)
    slope_y = cv2.Sobel(grey, cv2.CV_32F, 0, 1, ksize=3)
    relief = rng.uniform(90, 170) + depth * (np.cos(angle) * slope_x + np.sin(angle) * slope_y) / 4
    metal = np.asarray([rng.uniform(0.6, 1.0), rng.uniform(0.75, 1.0), 1.0], np.float32)
    return np.asarray(np.clip(relief[..., None] * metal, 0, 255), np.uint8)


def cover_face(head: Image, box: Floats, rng: np.random.Generator) -> Image:
    """Cover the face with the hair above it, down to the chin or the neck."""
    x1, y1, x2, y2 = (int(edge) for edge in box.clip(0, head.shape[0] - 1))
    width, height = max(2, x2 - x1), max(2, y2 - y1)
    hair_top = max(0, y1 - height // 6)
    hair = head[hair_top : max(hair_top + 2, y1 + height // 10), x1 : x1 + width]
    reach = height * rng.uniform(0.95, 1.25)
    cover = cv2.resize(hair, (int(width * 1.2) + 1, int(reach) + 1), interpolation=cv2.INTER_LINEAR)
    mask: Floats = np.zeros(head.shape[:2], np.float32)
    centre = ((x1 + x2) // 2, int(y1 + reach / 2 - height * 0.08))
    cv2.ellipse(mask, centre, (int(width * 0.56), int(reach / 2)), 0, 0, 360, 1.0, -1)
    mask = np.asarray(cv2.GaussianBlur(mask, (0, 0), max(0.6, height * 0.02)), np.float32)
    canvas = np.asarray(cv2.GaussianBlur(head, (0, 0), max(1.0, height * 0.2)), np.uint8)
    left, top = centre[0] - cover.shape[1] // 2, centre[1] - cover.shape[0] // 2
    a, b = max(0, top), max(0, left)
    part = cover[a - top : head.shape[0] - top, b - left : head.shape[1] - left]
    canvas[a : a + part.shape[0], b : b + part.shape[1]] = part
    mixed = head * (1 - mask[..., None]) + canvas * mask[..., None]
    return np.asarray(mixed, np.uint8)


def scramble_face(head: Image, box: Floats, rng: np.random.Generator) -> Image:
    """Cut the face in nine pieces and exchange them: every part of a face, in another order."""
    x1, y1, x2, y2 = (int(edge) for edge in box.clip(0, head.shape[0] - 1))
    wide, high = (x2 - x1) // 3, (y2 - y1) // 3
    mixed = head.copy()
    if min(wide, high) < 2:
        return mixed
    # every piece moves by the same number of places, so that none remains
    shift = int(rng.integers(2, 8))
    for place in range(9):
        source = (place + shift) % 9
        to_x, to_y = x1 + place % 3 * wide, y1 + place // 3 * high
        from_x, from_y = x1 + source % 3 * wide, y1 + source // 3 * high
        piece = head[from_y : from_y + high, from_x : from_x + wide]
        mixed[to_y : to_y + high, to_x : to_x + wide] = piece
    return mixed
