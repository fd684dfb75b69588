"""Square training scenes from labelled pictures: rotated, rescaled, mirrored, combined.

Each scene is centred near one face, which is drawn at random and rescaled: a third of them to 6 to
20 px, the rest to a height that is uniform on a logarithmic scale. Two in five scenes are mosaics
of four. Some have portraits of the synthetic sheets pasted in, so that bare faces occur on real
backgrounds, or the same heads without a face (`hard_negatives`), which must not be detected. In
some the portraits are in rows, as in a group photograph or a full hall.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models.datasets.picture import Floats, Image, LabelledPicture
from models.train.samples.clutter import clutter
from models.train.samples.hard_negatives import make_hard_negative
from models.train.samples.photometric import toned, weathered

MIRRORED = [1, 0, 2, 4, 3]
SMALLEST_FACE_PX, FAR_FACE_PX, LARGEST_FACE_PX = 6.0, 20.0, 300.0
FAR = 0.35
MOSAIC, EMPTY, DECOY, PASTED, FACELESS = 0.4, 0.12, 0.15, 0.45, 0.4
MOST_PASTED = 3
CROWD, CROWD_FACELESS = 0.15, 0.2
SMALLEST_CROWD_PX, LARGEST_CROWD_PX, MOST_ROWS, MOST_ABREAST = 6.5, 40.0, 4, 9
BARE_NECK = 0.3
# visible part of a pasted patch: half axes of its oval, in patches
OVAL = (0.4, 0.47)


@dataclass(frozen=True, slots=True, eq=False)
class TrainingScene:
    """`image` (s, s, 3) BGR; `boxes` (n, 4), `landmarks` (n, 5, 2), `ignored` (m, 4), px."""

    image: Image
    boxes: Floats
    landmarks: Floats
    ignored: Floats


@dataclass(frozen=True, slots=True, eq=False)
class PicturePyramid:
    """A picture at full, half, quarter size and so on, which makes shrinking quick and smooth."""

    picture: LabelledPicture
    sizes: tuple[Image, ...]


def build_pyramid(picture: LabelledPicture) -> PicturePyramid:
    sizes = [picture.image]
    while min(sizes[-1].shape[:2]) > 64:
        half = cv2.resize(sizes[-1], None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        sizes.append(np.asarray(half, np.uint8))
    return PicturePyramid(picture, tuple(sizes))


class SceneSampler:
    """Draws scenes from `pictures`; the same generator state draws the same scene."""

    def __init__(self, pictures: Sequence[LabelledPicture]) -> None:
        self._faces = [build_pyramid(p) for p in pictures if len(p.boxes)]
        self._empty = [build_pyramid(p) for p in pictures if not len(p.boxes)]
        self._decoys = [
            [(pyramid, box) for pyramid in pyramids for box in pyramid.picture.decoys]
            for pyramids in (self._faces, self._empty)
        ]
        self._portraits = [s for s in self._faces if s.picture.name.startswith("sheets/")]
        weights = np.asarray([_weight(s.picture) for s in self._faces])
        self._share = weights / weights.sum()

    def scene(self, side_px: int, rng: np.random.Generator) -> TrainingScene:
        """Draw one scene of `side_px` pixels a side."""
        drawn = self._mosaic(side_px, rng) if rng.random() < MOSAIC else self._single(side_px, rng)
        if rng.random() < 0.5:
            drawn = mirror_scene(drawn)
        return TrainingScene(
            weathered(drawn.image, rng), drawn.boxes, drawn.landmarks, drawn.ignored
        )

    def _single(self, side_px: int, rng: np.random.Generator) -> TrainingScene:
        kind = rng.random()
        if kind < EMPTY:
            pyramid = self._empty[rng.integers(len(self._empty))]
            view = _view_anywhere(pyramid, side_px, rng)
        elif kind < EMPTY + DECOY and all(self._decoys):
            decoys = self._decoys[rng.integers(2)]
            pyramid, box = decoys[rng.integers(len(decoys))]
            view = _view_of_face(box, side_px, rng)
        else:
            pyramid = self._faces[rng.choice(len(self._faces), p=self._share)]
            boxes = pyramid.picture.boxes
            view = _view_of_face(boxes[rng.integers(len(boxes))], side_px, rng)
        scene = warp_picture(pyramid, view, side_px, self._ground(side_px, rng))
        if rng.random() < CROWD:
            return self._paste_rows(scene, rng)
        heads = rng.integers(1, MOST_PASTED + 1) if rng.random() < PASTED else 0
        for _ in range(heads):
            scene = self._paste_anywhere(scene, rng)
        return scene

    def _ground(self, side_px: int, rng: np.random.Generator) -> Image:
        """Draw the area outside the picture: clutter, one colour, or a picture without faces."""
        kind = rng.random()
        if kind < 0.25:
            return clutter(side_px, rng)
        plain = np.full((side_px, side_px, 3), rng.integers(0, 256, 3), np.uint8)
        if kind < 0.4:
            return plain
        pyramid = self._empty[rng.integers(len(self._empty))]
        return warp_picture(pyramid, _view_anywhere(pyramid, side_px, rng), side_px, plain).image

    def _mosaic(self, side_px: int, rng: np.random.Generator) -> TrainingScene:
        half = side_px // 2
        parts = [self._single(half, rng) for _ in range(4)]
        corners = [(0, 0), (half, 0), (0, half), (half, half)]
        image = np.zeros((side_px, side_px, 3), np.uint8)
        for part, (x, y) in zip(parts, corners, strict=True):
            image[y : y + half, x : x + half] = part.image
        moved = list(zip(parts, np.asarray(corners, np.float32), strict=True))
        return TrainingScene(
            image,
            np.concatenate([p.boxes + np.tile(c, 2) for p, c in moved]),
            np.concatenate([p.landmarks + c for p, c in moved]),
            np.concatenate([p.ignored + np.tile(c, 2) for p, c in moved]),
        )

    def _paste_anywhere(self, scene: TrainingScene, rng: np.random.Generator) -> TrainingScene:
        """Paste one synthetic head anywhere."""
        side_px = scene.image.shape[0]
        height = _height(side_px * 0.5, rng)
        patch = _patch_px(height)
        left, top = rng.integers(-patch // 4, max(1, side_px - patch * 3 // 4), 2)
        return self._paste_head(scene, height, (int(left), int(top)), FACELESS, rng)

    def _paste_rows(self, scene: TrainingScene, rng: np.random.Generator) -> TrainingScene:
        """Paste synthetic heads in rows, from the back to the front."""
        side_px = scene.image.shape[0]
        largest = min(LARGEST_CROWD_PX, side_px / 4)
        usual = float(np.exp(rng.uniform(np.log(SMALLEST_CROWD_PX), np.log(largest))))
        across, down = usual * rng.uniform(1.3, 2.4), usual * rng.uniform(1.5, 3.0)
        rows, abreast = rng.integers(1, MOST_ROWS + 1), rng.integers(2, MOST_ABREAST + 1)
        corner = rng.uniform(-0.1, 0.7, 2) * side_px
        for row in range(rows):
            for place in range(abreast):
                height = usual * float(np.exp(rng.normal(0, 0.12)))
                x = corner[0] + (place + row % 2 / 2) * across + rng.normal(0, 0.1) * usual
                y = corner[1] + row * down + rng.normal(0, 0.15) * usual
                scene = self._paste_head(scene, height, (int(x), int(y)), CROWD_FACELESS, rng)
        return scene

    def _paste_head(
        self,
        scene: TrainingScene,
        height: float,
        at: tuple[int, int],
        faceless_share: float,
        rng: np.random.Generator,
    ) -> TrainingScene:
        """Paste one synthetic head, left top corner `at`, where it covers no labelled face."""
        pyramid = self._portraits[rng.integers(len(self._portraits))]
        index = int(rng.integers(len(pyramid.picture.boxes)))
        patch, (left, top) = _patch_px(height), at
        view = _view(pyramid.picture.boxes[index], height, np.full(2, patch / 2), rng)
        head = warp_picture(pyramid, view, patch, np.full((patch, patch, 3), 30, np.uint8))
        centre = np.argmin(np.abs((head.boxes[:, :2] + head.boxes[:, 2:]) / 2 - patch / 2).sum(1))
        middle = np.asarray([left + patch / 2, top + patch / 2])
        reach = np.concatenate(
            [middle - np.multiply(OVAL, patch), middle + np.multiply(OVAL, patch)]
        )
        taken = np.concatenate([scene.boxes, scene.ignored])
        if len(taken) and _overlaps_any(taken, reach):
            return scene
        ground = _draw_shoulders(scene.image, taken, middle, height, rng)
        if rng.random() < faceless_share:
            bare = make_hard_negative(head.image, head.boxes[centre], rng, height_px=height)
            covered = _blend_oval(ground, toned(bare, rng), left, top)
            return TrainingScene(covered, scene.boxes, scene.landmarks, scene.ignored)
        image = _blend_oval(ground, toned(head.image, rng), left, top)
        corner = np.asarray([left, top], np.float32)
        return _clip_scene(
            image,
            np.concatenate([scene.boxes, (head.boxes[centre] + np.tile(corner, 2))[None]]),
            np.concatenate([scene.landmarks, (head.landmarks[centre] + corner)[None]]),
            scene.ignored,
        )


def _patch_px(height: float) -> int:
    """Return the side of the square a head of this face height is pasted with."""
    return max(12, int(height * 1.9))


def _draw_shoulders(
    image: Image, taken: Floats, head: NDArray[Any], height: float, rng: np.random.Generator
) -> Image:
    """Draw clothes under a head in one colour, where they cover no labelled face."""
    wide, deep = height * rng.uniform(0.8, 1.2), height * rng.uniform(0.9, 2.2)
    top = head[1] + height * 0.55
    reach = np.asarray([head[0] - wide, top, head[0] + wide, top + deep], np.float32)
    if rng.random() < BARE_NECK or (len(taken) and _overlaps_any(taken, reach)):
        return image
    dressed = image.copy()
    centre, axes = (int(head[0]), int(top + deep)), (int(wide), int(deep))
    colour = [int(value) for value in rng.integers(0, 256, 3)]
    cv2.ellipse(dressed, centre, axes, 0, 180, 360, colour, -1)
    return dressed


def _weight(picture: LabelledPicture) -> float:
    """Weight sheets and clips as kinds of scene, not by their number of files."""
    kind = picture.name.split("/")[0]
    return {"sheets": 10.0, "clips": 1.6}.get(kind, 1.0 + 0.1 * min(len(picture.boxes), 10))


def _overlaps_any(boxes: Floats, reach: Floats) -> bool:
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


def _view_anywhere(pyramid: PicturePyramid, side_px: int, rng: np.random.Generator) -> Floats:
    height, width = pyramid.picture.image.shape[:2]
    shown_px = np.exp(rng.uniform(np.log(side_px * 0.4), np.log(max(height, width) * 1.1)))
    middle = rng.uniform(0.2, 0.8, 2) * (width, height)
    box = np.concatenate([middle - shown_px / 2, middle + shown_px / 2]).astype(np.float32)
    return _view(box, float(side_px), np.full(2, side_px / 2), rng)


def warp_picture(
    pyramid: PicturePyramid, view: Floats, side_px: int, ground: Image
) -> TrainingScene:
    """Project the picture by `view` onto `ground`, from the level nearest in size."""
    scale = float(np.sqrt(abs(np.linalg.det(view[:, :2]))))
    level = int(np.clip(np.floor(np.log2(1 / max(scale, 1e-6)) + 0.3), 0, len(pyramid.sizes) - 1))
    source = pyramid.sizes[level]
    grown = view.copy()
    full = pyramid.picture.image.shape
    grown[:, :2] *= np.asarray([full[1] / source.shape[1], full[0] / source.shape[0]], np.float32)
    image = cv2.warpAffine(
        source,
        grown,
        (side_px, side_px),
        dst=ground.copy(),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_TRANSPARENT,
    )
    picture = pyramid.picture
    points = picture.landmarks @ view[:, :2].T + view[:, 2]
    boxes, ignored = _move_boxes(picture.boxes, view), _move_boxes(picture.ignored, view)
    return _clip_scene(np.asarray(image, np.uint8), boxes, points, ignored)


def _move_boxes(boxes: Floats, view: Floats) -> Floats:
    """Move boxes by their centres; a small rotation does not enlarge them."""
    stretch = np.linalg.norm(view[:, :2], axis=0)
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2 @ view[:, :2].T + view[:, 2]
    half = (boxes[:, 2:] - boxes[:, :2]) * stretch / 2
    return np.concatenate([centres - half, centres + half], axis=1).astype(np.float32)


def _clip_scene(image: Image, boxes: Floats, landmarks: Floats, ignored: Floats) -> TrainingScene:
    """Keep faces that are at least 60 % inside, ignore those cut further, drop those outside."""
    side = image.shape[0]
    inside = boxes.clip(0, side)
    area = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    visible = (inside[:, 2:] - inside[:, :2]).prod(axis=1) / np.maximum(area, 1e-6)
    whole = visible >= 0.6
    doubtful = (visible > 0.05) & ~whole
    rest = np.concatenate([ignored.clip(0, side), inside[doubtful]])
    rest = rest[(rest[:, 2:] - rest[:, :2]).min(axis=1, initial=np.inf) > 0]
    return TrainingScene(image, inside[whole], landmarks[whole].astype(np.float32), rest)


def mirror_scene(scene: TrainingScene) -> TrainingScene:
    """Mirror left and right; landmarks are reordered, the subject's right ones first."""
    side = scene.image.shape[0]
    points = scene.landmarks[:, MIRRORED] * np.asarray([-1, 1], np.float32)
    flip = np.asarray([side, 0, side, 0], np.float32)
    sign = np.asarray([-1, 1, -1, 1], np.float32)
    return TrainingScene(
        np.ascontiguousarray(scene.image[:, ::-1]),
        (flip + sign * scene.boxes)[:, [2, 1, 0, 3]],
        points + np.asarray([side, 0], np.float32),
        (flip + sign * scene.ignored)[:, [2, 1, 0, 3]],
    )


def _blend_oval(image: Image, head: Image, left: int, top: int) -> Image:
    """Blend an oval of `head` into the image, with a soft edge."""
    size = head.shape[0]
    mask: Floats = np.zeros((size, size), np.float32)
    cv2.ellipse(
        mask,
        (size // 2, size // 2),
        (int(size * OVAL[0]), int(size * OVAL[1])),
        0,
        0,
        360,
        1.0,
        -1,
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
