"""Train the class networks (age group and gender; expression): research data, research use.

One body as in the attention network, one softmax a label. Soft targets and weathered, shifted
crops keep the small sets from being learnt by heart.
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
from models.train.checkpoints import Average, Schedule, resume, save
from models.train.photometric import weathered
from models.train.pose_net import PoseNet

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


def softened(targets: Tensor, count: int, *, ordered: bool) -> Tensor:
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
    """Return the mean cross entropy of every label, summed; targets are `softened`."""
    parts = logits.split(list(counts), dim=1)
    losses = [
        nn.functional.cross_entropy(part, softened(targets[:, n], count, ordered=one))
        for n, (part, count, one) in enumerate(zip(parts, counts, ordered, strict=True))
    ]
    return torch.stack(losses).sum()


def crop(image: Image, rng: np.random.Generator) -> Image:
    """Shift, turn, scale and mirror a face a little, then weather it."""
    angle, scale = float(rng.normal(0, 7)), float(rng.uniform(0.85, 1.2))
    view = cv2.getRotationMatrix2D((SIDE_PX / 2, SIDE_PX / 2), angle, scale)
    view[:, 2] = view[:, 2] + rng.normal(0, 2.5, 2)
    seen = cv2.warpAffine(image, view, (SIDE_PX, SIDE_PX), borderMode=cv2.BORDER_REPLICATE)
    if rng.random() < 0.5:
        seen = seen[:, ::-1]
    whole = np.ascontiguousarray(seen, np.uint8)
    return weathered(whole, rng) if rng.random() < 0.6 else whole


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
    """Train until `schedule.steps`, going on from `folder`, and return the checkpoint."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    net = ClassNet(counts).to(memory_format=torch.channels_last)
    average = Average(net)
    optimiser = torch.optim.AdamW(net.parameters(), lr=schedule.rate, weight_decay=0.05)
    kept = folder / "last.pt"
    seen, started = 0.0, time.perf_counter()
    for step in range(resume(kept, net, average, optimiser), schedule.steps):
        for group in optimiser.param_groups:
            group["lr"] = schedule.rate_at(step)
        images, targets = batch(faces, seed, step)
        logits = net(images.to(memory_format=torch.channels_last))
        loss = class_loss(logits, targets, counts, ordered)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        average.follow(net, step)
        seen += float(loss.detach())
        if (step + 1) % REPORT_STEPS == 0:
            elapsed = round(time.perf_counter() - started)
            log.info("train.classes step=%d loss=%.3f s=%d", step + 1, seen / REPORT_STEPS, elapsed)
            seen = 0.0
        if (step + 1) % CHECK_STEPS == 0 or step + 1 == schedule.steps:
            save(kept, step + 1, net, average, optimiser)
    return kept
