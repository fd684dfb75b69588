"""Detects that the view of a camera has changed, from its edges, independently of the light.

Edges are gradients divided by their mean, at 160 x 90, averaged over minutes, so that neither
darkness nor passers-by are stored. The correlation with the stored edges was at least 0.5 in ten
real scenes under a quarter of the light, gamma, a lamp or blur, and 0.36 behind six people who
were each as wide as a tenth of the picture. It fell below 0.25 when the camera panned by 15 % or
nine tenths of the view were covered.

A view that differs for `CHANGED_AFTER_S` is obstructed when most of its edges are gone, and moved
otherwise. A moved camera still measures heads against its own axis, so an alarm is raised but the
time is observed. After `ACCEPTED_AFTER_S` the new view is stored.
"""

import math
from enum import Enum
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_agent.capture.frame import Image

SIZE_PX: Final = (160, 90)
LEARNT_AFTER_S: Final = 60.0
MEMORY_S: Final = 300.0
CHECK_INTERVAL_S: Final = 1.0
LONGEST_STEP_S: Final = 10.0
SAME_VIEW_CORRELATION: Final = 0.25
FEW_EDGES_RATIO: Final = 0.4
CHANGED_AFTER_S: Final = 20.0
ACCEPTED_AFTER_S: Final = 600.0
NOISE: Final = 2.0  # gradient levels that are ignored
MAX_EDGE: Final = 3.0  # limits the weight of one strong edge

Edges = NDArray[np.float32]


class ViewpointState(Enum):
    """The view of the camera compared with the stored one."""

    KNOWN = "known"
    MOVED = "moved"
    OBSTRUCTED = "obstructed"


class Viewpoint:
    """The stored view of one camera."""

    def __init__(self) -> None:
        self._memory: Edges | None = None
        self._strength = 0.0
        self._began_s = 0.0
        self._looked_s = -math.inf
        self._known_s = self._seen_s = 0.0
        self._view = ViewpointState.KNOWN

    def view(self, picture: Image, at_s: float) -> ViewpointState:
        """The state of the view; `picture` is downscaled and checked once a second.

        Only time with usable pictures counts: a night without pictures changes nothing.
        """
        passed_s = at_s - self._looked_s
        if passed_s < CHECK_INTERVAL_S:
            return self._view
        self._looked_s = at_s
        passed_s = min(passed_s, LONGEST_STEP_S)
        self._seen_s += passed_s
        edges, strength = edge_map(picture)
        self._compare(edges, strength, self._seen_s, passed_s)
        self._view = self._judged(strength, self._seen_s - self._known_s)
        return self._view

    def _compare(self, edges: Edges, strength: float, at_s: float, passed_s: float) -> None:
        if self._memory is None or at_s - self._known_s > ACCEPTED_AFTER_S:
            self._memory, self._strength = edges, strength
            self._began_s = self._known_s = at_s
        elif (
            at_s - self._began_s < LEARNT_AFTER_S
            or edge_correlation(edges, self._memory) >= SAME_VIEW_CORRELATION
        ):
            self._remember(edges, strength, passed_s)
            self._known_s = at_s

    def _judged(self, strength: float, strange_s: float) -> ViewpointState:
        if strange_s < CHANGED_AFTER_S:
            return ViewpointState.KNOWN
        few = strength < FEW_EDGES_RATIO * self._strength
        return ViewpointState.OBSTRUCTED if few else ViewpointState.MOVED

    def _remember(self, edges: Edges, strength: float, passed_s: float) -> None:
        assert self._memory is not None
        share = 1 - math.exp(-passed_s / MEMORY_S)
        cv2.accumulateWeighted(edges, self._memory, share)
        self._strength += share * (strength - self._strength)


def edge_map(picture: Image) -> tuple[Edges, float]:
    """The edges normalised by the light, and their mean strength before."""
    reduced = cv2.resize(picture, SIZE_PX, interpolation=cv2.INTER_AREA).astype(np.float32)
    soft = cv2.GaussianBlur(reduced, (0, 0), 1.0)
    steps = np.abs(cv2.Sobel(soft, cv2.CV_32F, 1, 0)) + np.abs(cv2.Sobel(soft, cv2.CV_32F, 0, 1))
    strength = float(steps.mean())
    return np.minimum(steps / (strength + NOISE), MAX_EDGE).astype(np.float32), strength


def edge_correlation(one: Edges, other: Edges) -> float:
    """The correlation, -1 to 1; 0 when one map is empty."""
    apart, other_apart = one - one.mean(), other - other.mean()
    scale = math.sqrt(float((apart * apart).sum()) * float((other_apart * other_apart).sum()))
    return float((apart * other_apart).sum()) / scale if scale else 0.0
