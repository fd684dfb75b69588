"""Train the face detector on permissive pictures: deterministic, resumable, one thread of torch.

At two steps the network is shown all pictures, and what it then takes for a face where nobody is,
is unlearnt from there on. Every `CHECK_STEPS` steps the state is kept in `runs/detector/`, from
where `python -m models export` makes the ONNX file.
"""

import logging
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from models.datasets.picture import LabelledPicture
from models.train.checkpoints import Average, Schedule, resume, save
from models.train.detector_loss import detection_loss
from models.train.detector_net import DetectorNet
from models.train.drawing import batches

log = logging.getLogger(__name__)
CHECK_STEPS, REPORT_STEPS = 250, 50
SEED = 7
# shares of the schedule after which the network's mistakes are looked for
MINED_AT = (0.35, 0.65)

Mining = Callable[[Path, int], Sequence[LabelledPicture]]


def train(
    pictures: Sequence[LabelledPicture],
    folder: Path,
    *,
    schedule: Schedule,
    mined: Mining,
    seed: int = SEED,
) -> Path:
    """Train to the end of the schedule and return the checkpoint.

    Goes on from the checkpoint in `folder` where there is one. `mined` gives the pictures with
    the mistakes of a checkpoint made at a step.
    """
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    net = DetectorNet().to(memory_format=torch.channels_last)
    average = Average(net)
    optimiser = torch.optim.AdamW(net.parameters(), lr=schedule.rate, weight_decay=0.01)
    kept = folder / "last.pt"
    first = resume(kept, net, average, optimiser)
    for leg in legs(schedule.steps):
        if leg.stop <= first:
            continue
        shown = mined(kept, leg.start) if leg.start else pictures
        seen, started = np.zeros(3), time.perf_counter()
        for step, images, targets in batches(shown, seed, range(max(first, leg.start), leg.stop)):
            seen += _learn(net, optimiser, images, targets, rate=schedule.rate_at(step))
            average.follow(net, step)
            if (step + 1) % REPORT_STEPS == 0:
                _report(step + 1, seen / REPORT_STEPS, time.perf_counter() - started)
                seen[:] = 0
            if (step + 1) % CHECK_STEPS == 0 or step + 1 == leg.stop:
                save(kept, step + 1, net, average, optimiser)
    return kept


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


def legs(steps: int) -> list[range]:
    """Return the stretches between one look for mistakes and the next."""
    stops = [int(steps * share) for share in MINED_AT] + [steps]
    return [range(first, last) for first, last in pairwise([0, *stops])]


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
