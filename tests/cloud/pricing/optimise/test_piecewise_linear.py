"""Piecewise linear bounds of reach, above and below."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cloud.pricing.optimise.piecewise_linear import chords, tangents


@given(st.lists(st.floats(0.001, 20), min_size=1, max_size=12), st.floats(0, 30))
def test_tangents_lie_above_the_curve_and_chords_below(points, at):
    grid = np.array([[0.0, *points]])
    curve = -math.expm1(-at)
    for lines, sign in ((tangents(grid), 1), (chords(grid), -1)):
        drawn = (lines.slopes * at + lines.heights).min()
        assert sign * (drawn - curve) >= -1e-12
