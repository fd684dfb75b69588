"""Draws the scenes of every step in a separate process, a few steps ahead of the network.

The scenes depend on the seed and the step only.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import cv2
import numpy as np
from numpy.typing import NDArray

from models.datasets.picture import LabelledPicture
from models.train.samples.detector_targets import assign_faces, cells
from models.train.samples.scene_composer import SceneSampler

# side of the scenes of a step, px, and how many of them take about the same time
SIDES_PX = {192: 42, 256: 24, 320: 15}
SIDE_SHARE = (0.2, 0.55, 0.25)
AHEAD = 3

Drawn = tuple[NDArray[np.uint8] | NDArray[np.float32] | NDArray[np.int8], ...]

_samplers: list[SceneSampler] = []


def draw_scenes(sampler: SceneSampler, seed: int, step: int) -> Drawn:
    """Draw the scenes of one step: images (n, 3, s, s), then centres and strides of the cells, and
    kind, box and landmarks of every cell of every scene.
    """
    rng = np.random.default_rng([seed, step])
    side = int(rng.choice(list(SIDES_PX), p=SIDE_SHARE))
    centres, strides = cells(side)
    scenes = [sampler.scene(side, rng) for _ in range(SIDES_PX[side])]
    targets = [assign_faces(centres, strides, s.boxes, s.landmarks, s.ignored) for s in scenes]
    return (
        np.stack([s.image for s in scenes]).transpose(0, 3, 1, 2),
        centres,
        strides,
        np.stack([t.kind for t in targets]),
        np.stack([t.boxes for t in targets]),
        np.stack([t.landmarks for t in targets]),
    )


def batches(
    pictures: Sequence[LabelledPicture], seed: int, steps: range
) -> Iterator[tuple[int, Drawn]]:
    """Yield each step and its scenes, as `draw_scenes` returns them."""
    with ProcessPoolExecutor(
        1, mp_context=get_context("spawn"), initializer=_open, initargs=(pictures,)
    ) as worker:
        pending = deque(worker.submit(_draw, seed, step) for step in steps[:AHEAD])
        for step in steps:
            drawn = pending.popleft().result()
            if step + AHEAD < steps.stop:
                pending.append(worker.submit(_draw, seed, step + AHEAD))
            yield step, drawn


def _open(pictures: Sequence[LabelledPicture]) -> None:
    cv2.setNumThreads(1)
    _samplers.append(SceneSampler(pictures))


def _draw(seed: int, step: int) -> Drawn:
    return draw_scenes(_samplers[0], seed, step)
