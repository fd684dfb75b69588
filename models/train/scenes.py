"""Square training scenes cut from labelled pictures: turned, rescaled, mirrored, joined.

Each scene is centred near one face drawn at random and rescaled: a third of them to a face as small
as people across a hall (6 to 20 px), the rest so that its height is uniform on a logarithmic scale.
Two in five scenes are mosaics of four; some carry portraits pasted from the synthetic
sheets, so that bare faces meet real backgrounds, or the same head with hair where its face was,
which is how a head from behind is taught to be no face, or stamped in metal or stone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models.datasets.picture import Floats, Image, Picture
from models.train.clutter import clutter
from models.train.photometric import toned, weathered

MIRRORED = [1, 0, 2, 4, 3]
SMALLEST_FACE_PX, FAR_FACE_PX, LARGEST_FACE_PX = 6.0, 20.0, 300.0
FAR = 0.35
MOSAIC, EMPTY, DECOY, PASTED, FACELESS = 0.4, 0.08, 0.15, 0.45, 0.4
MOST_PASTED = 3
# a stamped head smaller than this may as well be a person in bad light
LEAST_STAMPED_PX = 28.0


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """`image` (s, s, 3) BGR; `boxes` (n, 4), `landmarks` (n, 5, 2), `ignored` (m, 4), px."""

    image: Image
    boxes: Floats
    landmarks: Floats
    ignored: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Shelf:
    """A picture at full, half, quarter... size, so that shrinking it is quick and smooth."""

    picture: Picture
    sizes: tuple[Image, ...]


def shelved(picture: Picture) -> Shelf:
    sizes = [picture.image]
    while min(sizes[-1].shape[:2]) > 64:
        half = cv2.resize(sizes[-1], None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        sizes.append(np.asarray(half, np.uint8))
    return Shelf(picture, tuple(sizes))


class Studio:
    """Draws scenes from `pictures`; the same generator state draws the same scene."""

    def __init__(self, pictures: Sequence[Picture]) -> None:
        self._faces = [shelved(p) for p in pictures if len(p.boxes)]
        self._empty = [shelved(p) for p in pictures if not len(p.boxes)]
        self._decoys = [
            [(shelf, box) for shelf in shelves for box in shelf.picture.decoys]
            for shelves in (self._faces, self._empty)
        ]
        self._portraits = [s for s in self._faces if s.picture.name.startswith("sheets/")]
        weights = np.asarray([_weight(s.picture) for s in self._faces])
        self._share = weights / weights.sum()

    def scene(self, side_px: int, rng: np.random.Generator) -> Scene:
        """Draw one scene of `side_px` pixels a side."""
        drawn = self._mosaic(side_px, rng) if rng.random() < MOSAIC else self._single(side_px, rng)
        if rng.random() < 0.5:
            drawn = mirrored(drawn)
        return Scene(weathered(drawn.image, rng), drawn.boxes, drawn.landmarks, drawn.ignored)

    def _single(self, side_px: int, rng: np.random.Generator) -> Scene:
        kind = rng.random()
        if kind < EMPTY:
            shelf = self._empty[rng.integers(len(self._empty))]
            view = _view_anywhere(shelf, side_px, rng)
        elif kind < EMPTY + DECOY and all(self._decoys):
            decoys = self._decoys[rng.integers(2)]
            shelf, box = decoys[rng.integers(len(decoys))]
            view = _view_of_face(box, side_px, rng)
        else:
            shelf = self._faces[rng.choice(len(self._faces), p=self._share)]
            boxes = shelf.picture.boxes
            view = _view_of_face(boxes[rng.integers(len(boxes))], side_px, rng)
        scene = warped(shelf, view, side_px, self._ground(side_px, rng))
        heads = rng.integers(1, MOST_PASTED + 1) if rng.random() < PASTED else 0
        for _ in range(heads):
            scene = self._pasted(scene, rng)
        return scene

    def _ground(self, side_px: int, rng: np.random.Generator) -> Image:
        """Draw what lies beyond the picture's edge: mostly another place without faces."""
        kind = rng.random()
        if kind < 0.25:
            return clutter(side_px, rng)
        plain = np.full((side_px, side_px, 3), rng.integers(0, 256, 3), np.uint8)
        if kind < 0.4:
            return plain
        shelf = self._empty[rng.integers(len(self._empty))]
        return warped(shelf, _view_anywhere(shelf, side_px, rng), side_px, plain).image

    def _mosaic(self, side_px: int, rng: np.random.Generator) -> Scene:
        half = side_px // 2
        parts = [self._single(half, rng) for _ in range(4)]
        corners = [(0, 0), (half, 0), (0, half), (half, half)]
        image = np.zeros((side_px, side_px, 3), np.uint8)
        for part, (x, y) in zip(parts, corners, strict=True):
            image[y : y + half, x : x + half] = part.image
        moved = list(zip(parts, np.asarray(corners, np.float32), strict=True))
        return Scene(
            image,
            np.concatenate([p.boxes + np.tile(c, 2) for p, c in moved]),
            np.concatenate([p.landmarks + c for p, c in moved]),
            np.concatenate([p.ignored + np.tile(c, 2) for p, c in moved]),
        )

    def _pasted(self, scene: Scene, rng: np.random.Generator) -> Scene:
        """Paste one synthetic head where no labelled face stands."""
        shelf = self._portraits[rng.integers(len(self._portraits))]
        index = int(rng.integers(len(shelf.picture.boxes)))
        side_px = scene.image.shape[0]
        height = _height(side_px * 0.5, rng)
        patch = max(16, int(height * 1.9))
        view = _view(shelf.picture.boxes[index], height, np.full(2, patch / 2), rng)
        head = warped(shelf, view, patch, np.full((patch, patch, 3), 30, np.uint8))
        left, top = rng.integers(-patch // 4, max(1, side_px - patch * 3 // 4), 2)
        box = head.boxes + np.asarray([left, top, left, top], np.float32)
        centre = np.argmin(np.abs((head.boxes[:, :2] + head.boxes[:, 2:]) / 2 - patch / 2).sum(1))
        taken = np.concatenate([scene.boxes, scene.ignored])
        reach = np.asarray([left, top, left + patch, top + patch], np.float32)
        if len(taken) and _touching(taken, reach):
            return scene
        if rng.random() < FACELESS:
            bare = hidden(head.image, head.boxes[centre], rng, height_px=height)
            covered = _blended(scene.image, toned(bare, rng), int(left), int(top))
            return Scene(covered, scene.boxes, scene.landmarks, scene.ignored)
        image = _blended(scene.image, toned(head.image, rng), int(left), int(top))
        points = head.landmarks[centre] + np.asarray([left, top], np.float32)
        return _clipped(
            image,
            np.concatenate([scene.boxes, box[centre][None]]),
            np.concatenate([scene.landmarks, points[None]]),
            scene.ignored,
        )


def _weight(picture: Picture) -> float:
    """Make sheets and clips count as kinds of scene, not by their number of files."""
    kind = picture.name.split("/")[0]
    return {"sheets": 10.0, "clips": 1.6}.get(kind, 1.0 + 0.1 * min(len(picture.boxes), 10))


def _touching(boxes: Floats, reach: Floats) -> bool:
    apart = (boxes[:, 0] > reach[2]) | (boxes[:, 2] < reach[0])
    apart |= (boxes[:, 1] > reach[3]) | (boxes[:, 3] < reach[1])
    return not bool(apart.all())


def _view(box: Floats, height_px: float, at: NDArray[Any], rng: np.random.Generator) -> Floats:
    """Return the 2x3 map that puts `box`, `height_px` high, at the point `at`."""
    scale = height_px / max(float(box[3] - box[1]), 4.0)
    angle = np.deg2rad(rng.normal(0, 9))
    stretch = np.exp(rng.normal(0, 0.06))
    turn = np.asarray([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = turn @ np.diag([scale * stretch, scale / stretch])
    centre = np.asarray([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2])
    return np.concatenate([linear, (at - linear @ centre)[:, None]], axis=1).astype(np.float32)


def _view_of_face(box: Floats, side_px: int, rng: np.random.Generator) -> Floats:
    true = max(4.0, float(box[3] - box[1]))
    largest = min(LARGEST_FACE_PX, side_px * 0.95, true * 3)
    height = _height(largest, rng)
    room = max(0.0, side_px - height) / 2
    at = side_px / 2 + rng.uniform(-room, room, 2)
    return _view(box, height, at, rng)


def _height(largest: float, rng: np.random.Generator) -> float:
    """Draw a face's height, px: often one far away, never above `largest`."""
    top = min(largest, FAR_FACE_PX) if rng.random() < FAR else largest
    return float(np.exp(rng.uniform(np.log(min(SMALLEST_FACE_PX, top)), np.log(top))))


def _view_anywhere(shelf: Shelf, side_px: int, rng: np.random.Generator) -> Floats:
    height, width = shelf.picture.image.shape[:2]
    seen = np.exp(rng.uniform(np.log(side_px * 0.4), np.log(max(height, width) * 1.1)))
    middle = rng.uniform(0.2, 0.8, 2) * (width, height)
    box = np.concatenate([middle - seen / 2, middle + seen / 2]).astype(np.float32)
    return _view(box, float(side_px), np.full(2, side_px / 2), rng)


def warped(shelf: Shelf, view: Floats, side_px: int, ground: Image) -> Scene:
    """Cut the scene that `view` shows from the size of the picture that suits it, on `ground`."""
    scale = float(np.sqrt(abs(np.linalg.det(view[:, :2]))))
    level = int(np.clip(np.floor(np.log2(1 / max(scale, 1e-6)) + 0.3), 0, len(shelf.sizes) - 1))
    source = shelf.sizes[level]
    grown = view.copy()
    full = shelf.picture.image.shape
    grown[:, :2] *= np.asarray([full[1] / source.shape[1], full[0] / source.shape[0]], np.float32)
    image = cv2.warpAffine(
        source,
        grown,
        (side_px, side_px),
        dst=ground.copy(),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_TRANSPARENT,
    )
    picture = shelf.picture
    points = picture.landmarks @ view[:, :2].T + view[:, 2]
    boxes, ignored = _moved(picture.boxes, view), _moved(picture.ignored, view)
    return _clipped(np.asarray(image, np.uint8), boxes, points, ignored)


def _moved(boxes: Floats, view: Floats) -> Floats:
    """Move boxes by their centres; a small turn does not swell them."""
    stretch = np.linalg.norm(view[:, :2], axis=0)
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2 @ view[:, :2].T + view[:, 2]
    half = (boxes[:, 2:] - boxes[:, :2]) * stretch / 2
    return np.concatenate([centres - half, centres + half], axis=1).astype(np.float32)


def _clipped(image: Image, boxes: Floats, landmarks: Floats, ignored: Floats) -> Scene:
    """Keep faces at least 60 % inside, ignore those cut more, forget those outside."""
    side = image.shape[0]
    inside = boxes.clip(0, side)
    area = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    seen = (inside[:, 2:] - inside[:, :2]).prod(axis=1) / np.maximum(area, 1e-6)
    kept = seen >= 0.6
    doubtful = (seen > 0.05) & ~kept
    rest = np.concatenate([ignored.clip(0, side), inside[doubtful]])
    rest = rest[(rest[:, 2:] - rest[:, :2]).min(axis=1, initial=np.inf) > 0]
    return Scene(image, inside[kept], landmarks[kept].astype(np.float32), rest)


def mirrored(scene: Scene) -> Scene:
    """Mirror left and right, landmarks renamed so that right stays the subject's right."""
    side = scene.image.shape[0]
    points = scene.landmarks[:, MIRRORED] * np.asarray([-1, 1], np.float32)
    flip = np.asarray([side, 0, side, 0], np.float32)
    sign = np.asarray([-1, 1, -1, 1], np.float32)
    return Scene(
        np.ascontiguousarray(scene.image[:, ::-1]),
        (flip + sign * scene.boxes)[:, [2, 1, 0, 3]],
        points + np.asarray([side, 0], np.float32),
        (flip + sign * scene.ignored)[:, [2, 1, 0, 3]],
    )


def hidden(head: Image, box: Floats, rng: np.random.Generator, *, height_px: float) -> Image:
    """Make a head into something that is no face, in one of three ways."""
    ways = (
        [faceless, scrambled, stamped] if height_px >= LEAST_STAMPED_PX else [faceless, scrambled]
    )
    return ways[int(rng.choice(len(ways), p=[0.5, 0.25, 0.25] if len(ways) > 2 else [0.6, 0.4]))](
        head, box, rng
    )


def stamped(head: Image, _: Floats, rng: np.random.Generator) -> Image:
    """Emboss a head in one metal's colour, as on a coin or a relief."""
    grey = cv2.GaussianBlur(cv2.cvtColor(head, cv2.COLOR_BGR2GRAY), (0, 0), head.shape[0] * 0.012)
    angle, depth = rng.uniform(0, 2 * np.pi), rng.uniform(2.0, 5.0)
    slope_x = cv2.Sobel(grey, cv2.CV_32F, 1, 0, ksize=3)
    slope_y = cv2.Sobel(grey, cv2.CV_32F, 0, 1, ksize=3)
    relief = rng.uniform(90, 170) + depth * (np.cos(angle) * slope_x + np.sin(angle) * slope_y) / 4
    metal = np.asarray([rng.uniform(0.6, 1.0), rng.uniform(0.75, 1.0), 1.0], np.float32)
    return np.asarray(np.clip(relief[..., None] * metal, 0, 255), np.uint8)


def faceless(head: Image, box: Floats, rng: np.random.Generator) -> Image:
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


def scrambled(head: Image, box: Floats, rng: np.random.Generator) -> Image:
    """Cut the face in nine and lay the pieces elsewhere: all of a face but its order."""
    x1, y1, x2, y2 = (int(edge) for edge in box.clip(0, head.shape[0] - 1))
    wide, high = (x2 - x1) // 3, (y2 - y1) // 3
    mixed = head.copy()
    if min(wide, high) < 2:
        return mixed
    # every piece moves on by the same number of places, so none stays
    shift = int(rng.integers(2, 8))
    for place in range(9):
        source = (place + shift) % 9
        to_x, to_y = x1 + place % 3 * wide, y1 + place // 3 * high
        from_x, from_y = x1 + source % 3 * wide, y1 + source // 3 * high
        piece = head[from_y : from_y + high, from_x : from_x + wide]
        mixed[to_y : to_y + high, to_x : to_x + wide] = piece
    return mixed


def _blended(image: Image, head: Image, left: int, top: int) -> Image:
    """Lay an oval of `head` over the image, its rim softened."""
    size = head.shape[0]
    mask: Floats = np.zeros((size, size), np.float32)
    cv2.ellipse(
        mask, (size // 2, size // 2), (int(size * 0.4), int(size * 0.47)), 0, 0, 360, 1.0, -1
    )
    mask = np.asarray(cv2.GaussianBlur(mask, (0, 0), max(0.6, size * 0.02)), np.float32)
    x1, y1 = max(0, left), max(0, top)
    x2, y2 = min(image.shape[1], left + size), min(image.shape[0], top + size)
    if x2 <= x1 or y2 <= y1:
        return image
    part = (slice(y1 - top, y2 - top), slice(x1 - left, x2 - left))
    share = mask[part][..., None]
    mixed = image.copy()
    under = image[y1:y2, x1:x2]
    mixed[y1:y2, x1:x2] = under * (1 - share) + head[part] * share
    return mixed
