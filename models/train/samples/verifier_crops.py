"""Crops that the face verifier is trained on: faces, and places that are no face.

No face are: the detector's mistakes on the training pictures, places of pictures without people,
drawn clutter, and portraits whose face is covered with hair or scrambled.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from edge_agent.perception.image_crops import crop
from models.datasets.picture import Floats, Image, LabelledPicture
from models.train.samples.clutter import clutter
from models.train.samples.hard_negatives import cover_face, scramble_face
from models.train.samples.photometric import weathered
from models.train.samples.pose_crops import SIDE_PX, draw_crop
from models.train.samples.pose_views import Views

MARGIN = 1.25
VIEWS_DRAWN, CLUTTER_DRAWN, HIDDEN_DRAWN = 3000, 1500, 1500
LEAST_FACE_PX = 11.0
CROPS_OF_AN_EMPTY_PICTURE = 3


def sample_faces(
    pictures: Sequence[LabelledPicture], views: Views, rng: np.random.Generator
) -> Iterator[Image]:
    """Yield turned portraits, and every labelled face of at least `LEAST_FACE_PX`."""
    for index in rng.choice(len(views.images), VIEWS_DRAWN):
        yield draw_crop(views, int(index), rng)[0]
    for picture in pictures:
        for box in picture.boxes:
            if box[3] - box[1] >= LEAST_FACE_PX:
                yield sample_crop(picture.image, box, rng)


def sample_non_faces(
    pictures: Sequence[LabelledPicture], views: Views, rng: np.random.Generator
) -> Iterator[Image]:
    """Yield decoys, places of empty pictures, clutter, and portraits whose face is hidden."""
    for picture in pictures:
        times = 1 if len(picture.boxes) else CROPS_OF_AN_EMPTY_PICTURE
        for box in picture.decoys:
            for _ in range(times):
                yield sample_crop(picture.image, box, rng)
        if not len(picture.boxes):
            for _ in range(times):
                yield sample_crop(picture.image, sample_square(picture.image, rng), rng)
    for _ in range(CLUTTER_DRAWN):
        drawn = clutter(128, rng)
        yield sample_crop(drawn, sample_square(drawn, rng), rng)
    for index in rng.choice(len(views.images), HIDDEN_DRAWN):
        hide = cover_face if rng.random() < 0.6 else scramble_face
        box = views.boxes[index]
        yield sample_crop(hide(views.images[index], box, rng), box, rng)


def sample_crop(image: Image, box: Floats, rng: np.random.Generator) -> Image:
    """Cut out `box` as the agent does, slightly shifted; half of the crops are weathered."""
    size = float(max(box[2] - box[0], box[3] - box[1]))
    moved = box + rng.normal(0, 0.05, 4) * size
    place = (float(moved[0]), float(moved[1]), float(moved[2]), float(moved[3]))
    cut = crop(image, place, MARGIN * rng.uniform(0.85, 1.15), SIDE_PX)
    cut = np.ascontiguousarray(cut[:, ::-1] if rng.random() < 0.5 else cut)
    return weathered(cut, rng) if rng.random() < 0.5 else cut


def sample_square(image: Image, rng: np.random.Generator) -> Floats:
    """Draw a square place inside the picture, small ones as often as large ones."""
    height, width = image.shape[:2]
    size = np.exp(rng.uniform(np.log(14.0), np.log(min(height, width) * 0.8)))
    left, top = rng.uniform(0, width - size), rng.uniform(0, height - size)
    return np.asarray([left, top, left + size, top + size], np.float32)
