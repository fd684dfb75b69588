"""Teach a second network to tell a face from what the detector took for one.

The body is the attention network's, frozen: features that know where eyes and mouth are know a
face. Only a small head is learnt; refining the body too was better on the mask set and worse on
a dark corridor, which is what matters. Decoys are the detector's own mistakes on the training
pictures, places where nobody is, drawn clutter, and portraits with hair or scrambled pieces
where the face was.
"""

# mypy: disallow-subclassing-any=False, disallow-untyped-decorators=False
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from edge_agent.perception.image_crops import crop
from models.datasets.picture import Floats, Image, LabelledPicture
from models.train.attention import crop as drawn_crop
from models.train.clutter import clutter
from models.train.hard_negatives import cover_face, scramble_face
from models.train.photometric import weathered
from models.train.pose_net import SIDE_PX, PoseNet
from models.train.pose_views import Views

log = logging.getLogger(__name__)
MARGIN = 1.25
VIEWS_DRAWN, CLUTTER_DRAWN, HIDDEN_DRAWN = 3000, 1500, 1500
LEAST_FACE_PX = 11.0
LOOKS_AT_AN_EMPTY_PLACE = 3
STEPS, FACES_A_STEP = 1500, 512


class FaceVerifierNet(nn.Module):
    """Maps (n, 3, 64, 64) BGR 0 to 255 to (n, 1): the probability of a face."""

    def __init__(self, body: PoseNet) -> None:
        super().__init__()
        self.body = nn.Sequential(body.stem, body.body, body.whole)
        self.norm = nn.BatchNorm1d(128, affine=False)
        self.head = nn.Sequential(nn.Linear(128, 64), nn.ReLU(), nn.Dropout(0.2), nn.Linear(64, 1))

    def features(self, image: Tensor) -> Tensor:
        rows: Tensor = self.body((image - 127.5) / 64.0)
        return rows

    def forward(self, image: Tensor) -> Tensor:
        return torch.sigmoid(self.head(self.norm(self.features(image))))


def sample_crop(image: Image, box: Floats, rng: np.random.Generator) -> Image:
    """Cut a place out as the camera would, a little beside it, in some weather."""
    size = float(max(box[2] - box[0], box[3] - box[1]))
    moved = box + rng.normal(0, 0.05, 4) * size
    place = (float(moved[0]), float(moved[1]), float(moved[2]), float(moved[3]))
    cut = crop(image, place, MARGIN * rng.uniform(0.85, 1.15), SIDE_PX)
    cut = np.ascontiguousarray(cut[:, ::-1] if rng.random() < 0.5 else cut)
    return weathered(cut, rng) if rng.random() < 0.5 else cut


def sample_faces(
    pictures: Sequence[LabelledPicture], views: Views, rng: np.random.Generator
) -> Iterator[Image]:
    """Yield turned portraits and every labelled face that is large enough to be known."""
    for index in rng.choice(len(views.images), VIEWS_DRAWN):
        yield drawn_crop(views, int(index), rng)[0]
    for picture in pictures:
        for box in picture.boxes:
            if box[3] - box[1] >= LEAST_FACE_PX:
                yield sample_crop(picture.image, box, rng)


def sample_non_faces(
    pictures: Sequence[LabelledPicture], views: Views, rng: np.random.Generator
) -> Iterator[Image]:
    """Yield decoys, empty places, clutter, and portraits whose face is hidden."""
    for picture in pictures:
        again = 1 if len(picture.boxes) else LOOKS_AT_AN_EMPTY_PLACE
        for box in picture.decoys:
            for _ in range(again):
                yield sample_crop(picture.image, box, rng)
        if not len(picture.boxes):
            for _ in range(again):
                yield sample_crop(picture.image, sample_square(picture.image, rng), rng)
    for _ in range(CLUTTER_DRAWN):
        drawn = clutter(128, rng)
        yield sample_crop(drawn, sample_square(drawn, rng), rng)
    for index in rng.choice(len(views.images), HIDDEN_DRAWN):
        hide = cover_face if rng.random() < 0.6 else scramble_face
        box = views.boxes[index]
        yield sample_crop(hide(views.images[index], box, rng), box, rng)


def sample_square(image: Image, rng: np.random.Generator) -> Floats:
    """Draw a square place of the picture, small ones as often as large ones."""
    height, width = image.shape[:2]
    size = np.exp(rng.uniform(np.log(14.0), np.log(min(height, width) * 0.8)))
    left, top = rng.uniform(0, width - size), rng.uniform(0, height - size)
    return np.asarray([left, top, left + size, top + size], np.float32)


@torch.no_grad()
def compute_features(net: FaceVerifierNet, crops: Image) -> Tensor:
    """Return (n, 128) features of the crops."""
    rows = []
    for start in range(0, len(crops), 128):
        planes = crops[start : start + 128].transpose(0, 3, 1, 2)
        rows.append(net.features(torch.from_numpy(np.ascontiguousarray(planes)).float()))
    return torch.cat(rows)


def train(
    body: PoseNet, pictures: Sequence[LabelledPicture], views: Views, folder: Path, *, seed: int = 9
) -> Path:
    """Learn the head; every tenth case is kept aside to say how well it went."""
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    net = FaceVerifierNet(body).eval()
    true = list(sample_faces(pictures, views, rng))
    false = list(sample_non_faces(pictures, views, rng))
    log.info("train.second_look faces=%d decoys=%d", len(true), len(false))
    crops = np.stack(true + false)
    truth = torch.cat([torch.ones(len(true)), torch.zeros(len(false))])
    aside = torch.arange(len(crops)) % 10 == 0
    rows = compute_features(net, crops)
    _learn(net, rows[~aside], truth[~aside])
    _report(net, rows[aside], truth[aside])
    path = folder / "last.pt"
    folder.mkdir(parents=True, exist_ok=True)
    torch.save({"step": STEPS, "average": net.state_dict()}, path)
    return path


def _learn(net: FaceVerifierNet, rows: Tensor, truth: Tensor) -> None:
    net.norm.running_mean.copy_(rows.mean(0))
    net.norm.running_var.copy_(rows.var(0))
    optimiser = torch.optim.AdamW(net.head.parameters(), lr=3e-3, weight_decay=0.02)
    fall = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, STEPS)
    net.head.train()
    for _ in range(STEPS):
        picks = torch.randint(0, len(truth), (FACES_A_STEP,))
        logits = net.head(net.norm(rows[picks]))[:, 0]
        softened = truth[picks] * 0.96 + 0.02
        loss = nn.functional.binary_cross_entropy_with_logits(logits, softened)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        fall.step()
    net.eval()


@torch.no_grad()
def _report(net: FaceVerifierNet, rows: Tensor, truth: Tensor) -> None:
    sure = torch.sigmoid(net.head(net.norm(rows))[:, 0])
    missed = float((sure[truth == 1] < 0.5).float().mean())
    fooled = float((sure[truth == 0] > 0.5).float().mean())
    log.info("train.second_look missed=%.4f fooled=%.4f", missed, fooled)
