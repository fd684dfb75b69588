"""Milliseconds a frame, one thread: detectors side by side in one run.

Times are of the whole path, scaling and decoding included, since that is what a camera pays.
Processor time is told beside the clock's best: on a shared machine the clock's mean says nothing.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from edge_agent.detect import load_detector
from edge_agent.frame import Image

RUNS = 25


def timed(run: Callable[[], object], runs: int = RUNS) -> dict[str, float]:
    """Return the clock's best and the processor's median of `runs` calls, ms."""
    took, worked = [], []
    for _ in range(runs):
        started, idle = time.perf_counter(), time.process_time()
        run()
        took.append((time.perf_counter() - started) * 1000)
        worked.append((time.process_time() - idle) * 1000)
    return {"best_ms": round(min(took), 2), "cpu_median_ms": round(float(np.median(worked)), 2)}


def detectors(
    names: Sequence[str | Path], image: Image, *, sizes_px: Sequence[int], folders: Sequence[Path]
) -> list[dict[str, Any]]:
    """Time every detector on `image` at every input size."""
    rows = []
    for name in names:
        for size in sizes_px:
            detector = load_detector(name, input_px=size, folders=folders)
            took = timed(partial(detector.faces, image))
            rows.append({"detector": detector.name, "input_px": size, **took})
    return rows
