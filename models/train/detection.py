"""Train the face detector on permissive pictures: deterministic, resumable, one thread of torch.

At two steps the network searches all pictures; its false detections are hard negatives from then
on. Every `CHECK_STEPS` steps a checkpoint is written to `runs/detector/`; `python -m models
export` creates the ONNX file from it.
"""

import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from models.datasets.picture import LabelledPicture
from models.train.checkpoints import Average, resume, save
from models.train.detector_loss import detection_loss
from models.train.detector_net import DetectorNet
from models.train.samples.drawing import batches
from models.train.schedule import Schedule, split_at_mining

log = logging.getLogger(__name__)
CHECK_STEPS, REPORT_STEPS = 250, 50
SEED = 7

Mining = Callable[[Path, int], Sequence[LabelledPicture]]


def train(
    pictures: Sequence[LabelledPicture],
    folder: Path,
    *,
    schedule: Schedule,
    mine: Mining,
    seed: int = SEED,
) -> Path:
    """Train to the end of the schedule and return the checkpoint.

    A run with a checkpoint in `folder` resumes from it. `mine` returns the pictures with the
    mistakes of the checkpoint of a step.
    """
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    net = DetectorNet().to(memory_format=torch.channels_last)
    average = Average(net)
    optimiser = torch.optim.AdamW(net.parameters(), lr=schedule.rate, weight_decay=0.01)
    checkpoint = folder / "last.pt"
    first = resume(checkpoint, net, average, optimiser)
    for part in split_at_mining(schedule.steps):
        if part.stop <= first:
            continue
        shown = mine(checkpoint, part.start) if part.start else pictures
        losses, started = np.zeros(3), time.perf_counter()
        steps = range(max(first, part.start), part.stop)
        for step, drawn in batches(shown, seed, steps):
            images, *targets = (torch.from_numpy(part) for part in drawn)
            losses += _learn(net, optimiser, images.float(), targets, rate=schedule.rate_at(step))
            average.follow(net, step)
            if (step + 1) % REPORT_STEPS == 0:
                _report(step + 1, losses / REPORT_STEPS, time.perf_counter() - started)
                losses[:] = 0
            if (step + 1) % CHECK_STEPS == 0 or step + 1 == part.stop:
                save(checkpoint, step + 1, net, average, optimiser)
    return checkpoint


def _learn(
    net: DetectorNet,
    optimiser: torch.optim.Optimizer,
    images: Tensor,
    targets: list[Tensor],
    *,
    rate: float,
) -> np.ndarray:
    """Take one step and return the parts of the loss."""
    for group in optimiser.param_groups:
        group["lr"] = rate
    loss, parts = detection_loss(net(images.to(memory_format=torch.channels_last)), *targets)
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(net.parameters(), 10.0)
    optimiser.step()
    return np.asarray(parts.numpy())


def _report(step: int, parts: np.ndarray, elapsed_s: float) -> None:
    score, box, place = (round(float(part), 4) for part in parts)
    log.info(
        "train.detection step=%d score=%s box=%s landmarks=%s elapsed_s=%.0f",
        step,
        score,
        box,
        place,
        elapsed_s,
    )
