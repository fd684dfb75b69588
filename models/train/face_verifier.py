"""Train the face verifier: a second network that separates faces from false detections.

The body is that of the attention network, with frozen weights: its features locate eyes and mouth.
Only a small head is trained. Training the body too improved the mask set and lost recall in a
dark corridor.
"""

# mypy: disallow-subclassing-any=False, disallow-untyped-decorators=False
import logging
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from models.datasets.picture import Image, LabelledPicture
from models.train.pose_net import PoseNet
from models.train.samples.pose_views import Views
from models.train.samples.verifier_crops import sample_faces, sample_non_faces
from models.train.schedule import Schedule

log = logging.getLogger(__name__)
FACES_A_STEP = 512


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


@torch.no_grad()
def compute_features(net: FaceVerifierNet, crops: Image) -> Tensor:
    """Return (n, 128) features of the crops."""
    rows = []
    for start in range(0, len(crops), 128):
        planes = crops[start : start + 128].transpose(0, 3, 1, 2)
        rows.append(net.features(torch.from_numpy(np.ascontiguousarray(planes)).float()))
    return torch.cat(rows)


def train(
    body: PoseNet,
    pictures: Sequence[LabelledPicture],
    views: Views,
    folder: Path,
    *,
    schedule: Schedule,
    seed: int = 9,
) -> Path:
    """Train the head; every tenth crop is held out, and the errors on those are logged."""
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    net = FaceVerifierNet(body).eval()
    true = list(sample_faces(pictures, views, rng))
    false = list(sample_non_faces(pictures, views, rng))
    log.info("train.face_verifier faces=%d decoys=%d", len(true), len(false))
    crops = np.stack(true + false)
    truth = torch.cat([torch.ones(len(true)), torch.zeros(len(false))])
    held_out = torch.arange(len(crops)) % 10 == 0
    rows = compute_features(net, crops)
    _learn(net, rows[~held_out], truth[~held_out], schedule)
    _report(net, rows[held_out], truth[held_out])
    path = folder / "last.pt"
    folder.mkdir(parents=True, exist_ok=True)
    torch.save({"step": schedule.steps, "average": net.state_dict()}, path)
    return path


def _learn(net: FaceVerifierNet, rows: Tensor, truth: Tensor, schedule: Schedule) -> None:
    net.norm.running_mean.copy_(rows.mean(0))
    net.norm.running_var.copy_(rows.var(0))
    optimiser = torch.optim.AdamW(net.head.parameters(), lr=schedule.rate, weight_decay=0.02)
    fall = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, schedule.steps)
    net.head.train()
    for _ in range(schedule.steps):
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
    accepted = float((sure[truth == 0] > 0.5).float().mean())
    log.info("train.face_verifier missed=%.4f accepted=%.4f", missed, accepted)
