"""Train the face detector on permissive pictures: deterministic, resumable, one thread of torch.

The scenes of the next step are drawn while the network learns from this one; what is drawn
depends on the seed and the step alone. Every `CHECK_STEPS` steps the state is kept in
`runs/detector/`, from where `python -m models export` makes the ONNX file.
"""

import logging
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from models.datasets.picture import Picture
from models.train.checkpoints import Average, Schedule, resume, save
from models.train.detector_loss import detection_loss
from models.train.detector_net import DetectorNet
from models.train.detector_targets import assigned, cells
from models.train.scenes import Studio
from models.train.start import begun

log = logging.getLogger(__name__)
# side of the scenes of a step, px, and how many fit in the same time
SIDES_PX = {192: 42, 256: 24, 320: 15}
SIDE_SHARE = (0.2, 0.55, 0.25)
CHECK_STEPS, REPORT_STEPS = 250, 50
SEED, START_BATCHES, START_SIDE_PX = 7, 4, 256


def batch(studio: Studio, seed: int, step: int, side_px: int | None = None) -> tuple[Tensor, ...]:
    """Draw the scenes of one step: images, centres, strides, kinds, boxes, landmarks."""
    rng = np.random.default_rng([seed, step])
    side = side_px or int(rng.choice(list(SIDES_PX), p=SIDE_SHARE))
    centres, strides = cells(side)
    scenes = [studio.scene(side, rng) for _ in range(SIDES_PX[side])]
    targets = [assigned(centres, strides, s.boxes, s.landmarks, s.ignored) for s in scenes]
    images = np.stack([s.image for s in scenes]).transpose(0, 3, 1, 2)
    return (
        torch.from_numpy(np.ascontiguousarray(images)).float(),
        torch.from_numpy(centres),
        torch.from_numpy(strides),
        torch.from_numpy(np.stack([t.kind for t in targets])),
        torch.from_numpy(np.stack([t.boxes for t in targets])),
        torch.from_numpy(np.stack([t.landmarks for t in targets])),
    )


def train(
    pictures: Sequence[Picture],
    folder: Path,
    *,
    schedule: Schedule,
    seed: int = SEED,
) -> Path:
    """Train to the end of the schedule and return the checkpoint.

    Goes on from the checkpoint in `folder` where there is one, else from `start`.
    """
    last = schedule.steps
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    studio = Studio(pictures)
    net = DetectorNet()
    begun(
        net, torch.cat([batch(studio, seed + 1, n, START_SIDE_PX)[0] for n in range(START_BATCHES)])
    )
    net = net.to(memory_format=torch.channels_last)
    average = Average(net)
    optimiser = torch.optim.AdamW(net.parameters(), lr=schedule.rate, weight_decay=0.01)
    kept = folder / "last.pt"
    first = resume(kept, net, average, optimiser)
    seen, started = np.zeros(3), time.perf_counter()
    for step, (images, *targets) in _batches(studio, seed, range(first, last)):
        for group in optimiser.param_groups:
            group["lr"] = schedule.rate_at(step)
        maps = net(images.to(memory_format=torch.channels_last))
        loss, parts = detection_loss(maps, *targets)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 10.0)
        optimiser.step()
        average.follow(net, step)
        seen += parts.numpy()
        if (step + 1) % REPORT_STEPS == 0:
            _report(step + 1, seen / REPORT_STEPS, time.perf_counter() - started)
            seen[:] = 0
        if (step + 1) % CHECK_STEPS == 0 or step + 1 == last:
            save(kept, step + 1, net, average, optimiser)
    return kept


def _batches(studio: Studio, seed: int, steps: range) -> Iterator[tuple[int, tuple[Tensor, ...]]]:
    """Yield each step with its scenes, drawn one step ahead."""
    with ThreadPoolExecutor(1) as ahead:
        coming = ahead.submit(batch, studio, seed, steps.start)
        for step in steps:
            drawn = coming.result()
            coming = ahead.submit(batch, studio, seed, step + 1)
            yield step, drawn


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
