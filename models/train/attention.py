"""Train the attention network on turned views: deterministic, resumable, one thread.

Scales, shifts, small turns and all of `photometric` stand between a view and the network, since
the boxes of the detector are never as tidy as the labels.
"""

import logging
import time
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from models.datasets.picture import Floats, Image
from models.train.checkpoints import Average, Schedule, resume, save
from models.train.photometric import weathered
from models.train.pose_net import SIDE_PX, PoseNet, pose_loss
from models.train.pose_views import Views
from models.train.scene_composer import MIRRORED

log = logging.getLogger(__name__)
CROPS_A_STEP = 96
CROP_MARGIN = 1.4
CHECK_STEPS, REPORT_STEPS = 500, 100


def crop(views: Views, index: int, rng: np.random.Generator) -> tuple[Image, Floats, Floats]:
    """Draw one crop: (64, 64, 3), angles (3,), landmarks (10,) in shares of the crop."""
    box, angles = views.boxes[index], views.angles[index].copy()
    points = views.landmarks[index]
    side = float(max(box[2] - box[0], box[3] - box[1])) * CROP_MARGIN * rng.uniform(0.82, 1.22)
    centre = (box[:2] + box[2:]) / 2 + rng.normal(0, 0.04, 2) * side
    turn = float(rng.normal(0, 6))
    cos, sin = np.cos(np.deg2rad(turn)), np.sin(np.deg2rad(turn))
    linear = np.asarray([[cos, -sin], [sin, cos]]) * SIDE_PX / side
    view = np.concatenate([linear, (SIDE_PX / 2 - linear @ centre)[:, None]], axis=1)
    image = views.images[index]
    if SIDE_PX / side < 0.7:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), 0.35 * side / SIDE_PX), np.uint8)
    small = cv2.warpAffine(image, view, (SIDE_PX, SIDE_PX), borderMode=cv2.BORDER_REPLICATE)
    marks = (points @ view[:, :2].T + view[:, 2]) / SIDE_PX
    angles[2] += turn
    if rng.random() < 0.5:
        small, marks, angles = small[:, ::-1], marks[MIRRORED], angles * (-1, 1, -1)
        marks = marks * (-1, 1) + (1, 0)
    seen = weathered(_smaller(np.ascontiguousarray(small), rng), rng)
    return seen, angles.astype(np.float32), marks.reshape(-1).astype(np.float32)


def _smaller(image: Image, rng: np.random.Generator) -> Image:
    """Make every third face as coarse as one of 12 to 40 px."""
    if rng.random() > 0.35:
        return image
    side = int(rng.integers(17, 56))
    small = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (SIDE_PX, SIDE_PX)), np.uint8)


def batch(views: Views, share: Floats, seed: int, step: int) -> tuple[Tensor, Tensor, Tensor]:
    rng = np.random.default_rng([seed, step])
    picks = rng.choice(len(share), CROPS_A_STEP, p=share)
    images, angles, marks = zip(*(crop(views, int(pick), rng) for pick in picks), strict=True)
    planes = np.ascontiguousarray(np.stack(images).transpose(0, 3, 1, 2))
    return (
        torch.from_numpy(planes).float(),
        torch.from_numpy(np.stack(angles)),
        torch.from_numpy(np.stack(marks)),
    )


def evened(views: Views) -> Floats:
    """Draw turned heads as often as frontal ones: weights by bins of yaw and pitch."""
    bins = np.floor(np.abs(views.angles[:, :2]) / (10, 8)).astype(int).clip(0, 4)
    keys = bins[:, 0] * 10 + bins[:, 1]
    _, place, counts = np.unique(keys, return_inverse=True, return_counts=True)
    weights = 1.0 / np.sqrt(counts[place])
    return np.asarray(weights / weights.sum(), np.float64)


def train(views: Views, folder: Path, *, schedule: Schedule, seed: int = 11) -> Path:
    """Train until `schedule.steps`, going on from `folder`, and return the checkpoint."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    net = PoseNet().to(memory_format=torch.channels_last)
    average = Average(net)
    optimiser = torch.optim.AdamW(net.parameters(), lr=schedule.rate, weight_decay=0.02)
    kept = folder / "last.pt"
    first = resume(kept, net, average, optimiser)
    share, seen, started = evened(views), np.zeros(3), time.perf_counter()
    for step in range(first, schedule.steps):
        for group in optimiser.param_groups:
            group["lr"] = schedule.rate_at(step)
        images, angles, marks = batch(views, share, seed, step)
        rows = net(images.to(memory_format=torch.channels_last))
        loss, parts = pose_loss(rows, angles, marks)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 10.0)
        optimiser.step()
        average.follow(net, step)
        seen += parts.detach().numpy()
        if (step + 1) % REPORT_STEPS == 0:
            degrees, doubt, place = (round(float(p), 4) for p in seen / REPORT_STEPS)
            elapsed = round(time.perf_counter() - started)
            fields = (step + 1, degrees, doubt, place, elapsed)
            log.info("train.attention step=%d degrees=%s doubt=%s landmarks=%s s=%d", *fields)
            seen[:] = 0
        if (step + 1) % CHECK_STEPS == 0 or step + 1 == schedule.steps:
            save(kept, step + 1, net, average, optimiser)
    return kept
