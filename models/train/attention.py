"""Train the attention network on turned views: deterministic, resumable, one thread."""

import logging
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from models.datasets.picture import Floats
from models.train.checkpoints import Average, resume, save
from models.train.pose_net import PoseNet, pose_loss
from models.train.samples.pose_crops import balance_angles, draw_crop
from models.train.samples.pose_views import Views
from models.train.schedule import Schedule

log = logging.getLogger(__name__)
CROPS_A_STEP = 96
CHECK_STEPS, REPORT_STEPS = 500, 100


def batch(views: Views, share: Floats, seed: int, step: int) -> tuple[Tensor, Tensor, Tensor]:
    rng = np.random.default_rng([seed, step])
    picks = rng.choice(len(share), CROPS_A_STEP, p=share)
    images, angles, marks = zip(*(draw_crop(views, int(pick), rng) for pick in picks), strict=True)
    planes = np.ascontiguousarray(np.stack(images).transpose(0, 3, 1, 2))
    return (
        torch.from_numpy(planes).float(),
        torch.from_numpy(np.stack(angles)),
        torch.from_numpy(np.stack(marks)),
    )


def train(views: Views, folder: Path, *, schedule: Schedule, seed: int = 11) -> Path:
    """Train until `schedule.steps`, from the checkpoint in `folder` if there is one; return it."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    net = PoseNet().to(memory_format=torch.channels_last)
    average = Average(net)
    optimiser = torch.optim.AdamW(net.parameters(), lr=schedule.rate, weight_decay=0.02)
    checkpoint = folder / "last.pt"
    first = resume(checkpoint, net, average, optimiser)
    share, losses, started = balance_angles(views), np.zeros(3), time.perf_counter()
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
        losses += parts.detach().numpy()
        if (step + 1) % REPORT_STEPS == 0:
            degrees, doubt, place = (round(float(p), 4) for p in losses / REPORT_STEPS)
            elapsed = round(time.perf_counter() - started)
            fields = (step + 1, degrees, doubt, place, elapsed)
            log.info("train.attention step=%d degrees=%s doubt=%s landmarks=%s s=%d", *fields)
            losses[:] = 0
        if (step + 1) % CHECK_STEPS == 0 or step + 1 == schedule.steps:
            save(checkpoint, step + 1, net, average, optimiser)
    return checkpoint
