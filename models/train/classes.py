"""Train the class networks (age group and gender; expression): research data, research use.

The body is that of the attention network, with one softmax for each label. Soft targets and
shifted, weathered crops reduce overfitting to the small data sets.
"""

# mypy: disallow-subclassing-any=False
import logging
import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from models.datasets.labelled_faces import SIDE_PX, LabelledFaces
from models.datasets.picture import Image
from models.train.checkpoints import Average, resume, save
from models.train.pose_net import PoseNet
from models.train.samples.photometric import weathered
from models.train.schedule import Schedule

log = logging.getLogger(__name__)
FACES_A_STEP = 96
SMOOTHING, NEIGHBOURS_SD = 0.1, 0.6
CHECK_STEPS, REPORT_STEPS = 500, 100


class ClassNet(nn.Module):
    """Maps (n, 3, 64, 64) BGR 0 to 255 to logits (n, sum of class counts)."""

    def __init__(self, counts: Sequence[int]) -> None:
        super().__init__()
        self.counts = tuple(counts)
        body = PoseNet()
        self.body = nn.Sequential(body.stem, body.body, body.whole)
        self.drop = nn.Dropout(0.3)
        self.answer = nn.Linear(128, sum(counts))

    def forward(self, image: Tensor) -> Tensor:
        logits: Tensor = self.answer(self.drop(self.body((image - 127.5) / 64.0)))
        return logits


def soften_targets(targets: Tensor, count: int, *, ordered: bool) -> Tensor:
    """Return (n, count) shares around the true classes: to the neighbours where classes have an
    order (a face of 24 may as well be called 25 to 34), else evenly by `SMOOTHING`.
    """
    away = (torch.arange(count)[None] - targets[:, None]).abs().float()
    if ordered:
        return torch.softmax(-(away**2) / (2 * NEIGHBOURS_SD**2), dim=1)
    return torch.where(away == 0, 1 - SMOOTHING, 0.0) + SMOOTHING / count


def class_loss(
    logits: Tensor, targets: Tensor, counts: Sequence[int], ordered: Sequence[bool]
) -> Tensor:
    """Return the mean cross entropy of every label, summed; targets are softened."""
    parts = logits.split(list(counts), dim=1)
    losses = [
        nn.functional.cross_entropy(part, soften_targets(targets[:, n], count, ordered=one))
        for n, (part, count, one) in enumerate(zip(parts, counts, ordered, strict=True))
    ]
    return torch.stack(losses).sum()


def crop(image: Image, rng: np.random.Generator) -> Image:
    """Shift, rotate, scale and mirror a face slightly, then pass it through `photometric`."""
    angle, scale = float(rng.normal(0, 7)), float(rng.uniform(0.85, 1.2))
    view = cv2.getRotationMatrix2D((SIDE_PX / 2, SIDE_PX / 2), angle, scale)
    view[:, 2] = view[:, 2] + rng.normal(0, 2.5, 2)
    moved = cv2.warpAffine(image, view, (SIDE_PX, SIDE_PX), borderMode=cv2.BORDER_REPLICATE)
    if rng.random() < 0.5:
        moved = moved[:, ::-1]
    face = np.ascontiguousarray(moved, np.uint8)
    return weathered(face, rng) if rng.random() < 0.6 else face


def batch(faces: LabelledFaces, seed: int, step: int) -> tuple[Tensor, Tensor]:
    rng = np.random.default_rng([seed, step])
    picks = rng.integers(0, len(faces.images), FACES_A_STEP)
    images = np.stack([crop(faces.images[pick], rng) for pick in picks])
    planes = np.ascontiguousarray(images.transpose(0, 3, 1, 2))
    return torch.from_numpy(planes).float(), torch.from_numpy(faces.targets[picks])


def train(
    faces: LabelledFaces,
    counts: Sequence[int],
    folder: Path,
    *,
    ordered: Sequence[bool],
    schedule: Schedule,
    seed: int = 3,
) -> Path:
    """Train until `schedule.steps`, from the checkpoint in `folder` if there is one; return it."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    net = ClassNet(counts).to(memory_format=torch.channels_last)
    average = Average(net)
    optimiser = torch.optim.AdamW(net.parameters(), lr=schedule.rate, weight_decay=0.05)
    checkpoint = folder / "last.pt"
    losses, started = 0.0, time.perf_counter()
    for step in range(resume(checkpoint, net, average, optimiser), schedule.steps):
        for group in optimiser.param_groups:
            group["lr"] = schedule.rate_at(step)
        images, targets = batch(faces, seed, step)
        logits = net(images.to(memory_format=torch.channels_last))
        loss = class_loss(logits, targets, counts, ordered)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        average.follow(net, step)
        losses += float(loss.detach())
        if (step + 1) % REPORT_STEPS == 0:
            elapsed = round(time.perf_counter() - started)
            mean = losses / REPORT_STEPS
            log.info("train.classes step=%d loss=%.3f s=%d", step + 1, mean, elapsed)
            losses = 0.0
        if (step + 1) % CHECK_STEPS == 0 or step + 1 == schedule.steps:
            save(checkpoint, step + 1, net, average, optimiser)
    return checkpoint
