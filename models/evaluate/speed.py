"""Milliseconds per frame of each detector on one thread.

Times include scaling and the decoding of the outputs, as in the agent. The best wall-clock time and
the median processor time are reported: on a shared machine the mean of wall-clock times depends on
other programs.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from edge_agent.capture.frame import Image
from edge_agent.perception.face_detector import Face, FaceDetector, load_detector
from models.detectors import ALIASES, sizes_of

RUNS, TILED_RUNS = 25, 9


def time_calls(run: Callable[[], object], runs: int = RUNS) -> dict[str, float]:
    """Return the best wall-clock time and the median processor time of `runs` calls, ms."""
    wall_ms, cpu_ms = [], []
    for _ in range(runs):
        started, cpu_started = time.perf_counter(), time.process_time()
        run()
        wall_ms.append((time.perf_counter() - started) * 1000)
        cpu_ms.append((time.process_time() - cpu_started) * 1000)
    return {"best_ms": round(min(wall_ms), 2), "cpu_median_ms": round(float(np.median(cpu_ms)), 2)}


def detectors(
    names: Sequence[str],
    image: Image,
    *,
    sizes_px: Sequence[int],
    tiled_px: int,
    folders: Sequence[Path],
) -> list[dict[str, Any]]:
    """Time every detector on `image` at every input size, and at full resolution in tiles."""
    rows = []
    for name in (ALIASES.get(name, name) for name in names):
        for size in sizes_of(name, folders, sizes_px):
            detector = load_detector(name, input_px=size, folders=folders)
            took = time_calls(partial(detector.faces, image))
            rows.append({"detector": detector.name, "input_px": size, **took})
        tile = load_detector(name, input_px=tiled_px, folders=folders)
        took = time_calls(partial(find_in_tiles, tile, image, tiled_px), runs=TILED_RUNS)
        rows.append({"detector": tile.name, "tiles_px": tiled_px, **took})
    return rows


def find_in_tiles(detector: FaceDetector, image: Image, side_px: int) -> list[Face]:
    """Find faces at full resolution, tile by tile; tiles overlap by at least a sixth."""
    found = []
    for top in _starts(image.shape[0], side_px):
        for left in _starts(image.shape[1], side_px):
            found += detector.faces(image[top : top + side_px, left : left + side_px])
    return found


def _starts(length_px: int, side_px: int) -> list[int]:
    if length_px <= side_px:
        return [0]
    count = -(-(length_px - side_px) * 6 // (side_px * 5)) + 1
    return [round(step * (length_px - side_px) / (count - 1)) for step in range(count)]
