"""Times are measured per call; tiles cover the picture and overlap by a sixth."""

from itertools import pairwise

import numpy as np
import pytest

from models.evaluate.speed import find_in_tiles, time_calls


class TileRecorder:
    """Finds one face in each tile: the position of its first pixel, and the size of the tile."""

    def faces(self, image):
        return [(int(image[0, 0, 0]), int(image[0, 0, 1]), *image.shape[:2])]


def tiles(width, height, side=64):
    """(column, row, tile height, tile width) of each tile; pixels hold their own position."""
    image = np.zeros((height, width, 3), np.uint16)
    image[..., 0], image[..., 1] = np.meshgrid(np.arange(width), np.arange(height))
    return find_in_tiles(TileRecorder(), image, side)


def test_a_picture_that_fits_is_one_tile():
    assert tiles(64, 64) == [(0, 0, 64, 64)]
    assert tiles(50, 40) == [(0, 0, 40, 50)]


def test_one_more_pixel_needs_a_second_tile():
    assert tiles(65, 64) == [(0, 0, 64, 64), (1, 0, 64, 64)]


@pytest.mark.parametrize("width", [100, 128, 200, 500])
def test_tiles_reach_both_edges_and_overlap_by_a_sixth(width):
    lefts = [left for left, *_ in tiles(width, 64)]
    assert (lefts[0], lefts[-1]) == (0, width - 64)
    assert all(64 - (b - a) >= 64 // 6 for a, b in pairwise(lefts))


def test_rows_and_columns_are_tiled():
    assert tiles(100, 90) == [(0, 0, 64, 64), (36, 0, 64, 64), (0, 26, 64, 64), (36, 26, 64, 64)]


def test_the_best_of_the_wall_clock_and_the_median_of_the_processor_are_reported(monkeypatch):
    #  call          1      2      3
    #  wall clock    3 ms   1 ms   9 ms
    #  processor     2 ms   1 ms   4 ms
    wall = iter([0.000, 0.003, 1.000, 1.001, 2.000, 2.009])
    processor = iter([0.000, 0.002, 1.000, 1.001, 2.000, 2.004])
    monkeypatch.setattr("models.evaluate.speed.time.perf_counter", lambda: next(wall))
    monkeypatch.setattr("models.evaluate.speed.time.process_time", lambda: next(processor))
    calls = []
    took = time_calls(lambda: calls.append(1), runs=3)
    assert took == {"best_ms": pytest.approx(1.0), "cpu_median_ms": pytest.approx(2.0)}
    assert len(calls) == 3
