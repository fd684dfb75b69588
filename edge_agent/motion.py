"""Has anything moved? Wakes the detector; never decides that somebody has gone.

A running average of the scene at 320 x 180, compared with gain compensation, so that a camera
opening its iris is not taken for a crowd, and against the scene's own noise, so that dusk is not
either. No such gate sees everything: a person in the colours of the wall, standing still, moves
nothing. So the detector also looks while a track is live, and on a slow heartbeat whatever the
gate says. What the heartbeat finds and the gate had missed is counted: a free estimate of recall.
"""

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_agent.frame import Image
from edge_agent.settings import MotionSettings

SMALL_SIZE_PX: Final = (320, 180)
ROWS_ENOUGH: Final = 2 * SMALL_SIZE_PX[1]
IDLE_MEMORY_S: Final = 8.0  # the scene follows slow light within this time
BUSY_MEMORY_S: Final = 40.0  # and forgets a lingering person only in this
FRUITLESS_AFTER_S: Final = 3.0  # but what was looked at for so long without any face,
FRUITLESS_MEMORY_S: Final = 2.0  # a parked van or the place where somebody stood, is learnt soon
NOISE_FACTOR: Final = 5 * 1.4826  # 1.4826 median absolute differences make one sigma
SCENE_CHANGE_RATIO: Final = 0.35  # more than this has changed: another scene, begin again
GAIN_LIMITS: Final = (0.5, 2.0)


def small(luma: Image) -> Image:
    """The picture at 320 x 180, averaged over areas: what motion and quality look at.

    Averaging 1080p whole costs 0.8 ms; every third row of it, which is 12 of 36 pixels, half.
    """
    rows = luma.shape[0] // ROWS_ENOUGH if luma.shape[0] >= 3 * ROWS_ENOUGH else 1
    picture = cv2.resize(luma[::rows], SMALL_SIZE_PX, interpolation=cv2.INTER_AREA)
    return np.asarray(picture, dtype=np.uint8)


@dataclass(slots=True)
class GateCounters:
    """How often the detector was woken, and by what. The first reason that holds is counted."""

    sampled: int = 0
    by_track: int = 0
    by_motion: int = 0
    by_heartbeat: int = 0
    missed: int = 0  # faces found by a heartbeat alone


class Gate:
    """Decides for each sampled picture whether the detector looks at it."""

    def __init__(self, settings: MotionSettings) -> None:
        self._settings = settings
        self._scene = Scene(settings)
        self._moved_s = self._began_s = -math.inf
        self._opened_s = -math.inf
        self._barren_since_s = math.inf
        self._on_heartbeat = False
        self.counters = GateCounters()

    def adopt(self, settings: MotionSettings, *, afresh: bool) -> None:
        """Decide by these from now on; `afresh` when the picture itself is another."""
        self._settings = settings
        self._scene.settings = settings
        if afresh:
            self._scene = Scene(settings)

    def opens(self, picture: Image, at_s: float, *, tracks: int) -> bool:
        """`picture` is `small`; `tracks` counts those alive, rumours included."""
        self.counters.sampled += 1
        if self.counters.sampled == 1:
            self._began_s = at_s
        fruitless = at_s - self._barren_since_s >= FRUITLESS_AFTER_S
        if self._scene.moved(picture, at_s, fruitless=fruitless):
            self._moved_s = at_s
        self._on_heartbeat = False
        if tracks:
            self.counters.by_track += 1
        elif self._settings.always or at_s - self._moved_s <= self._settings.linger_s:
            self.counters.by_motion += 1
        elif at_s - self._opened_s >= self._settings.heartbeat_s:
            self.counters.by_heartbeat += 1
            self._on_heartbeat = True
        else:
            return False
        self._opened_s = at_s
        return True

    def still_s(self, at_s: float) -> float:
        """How long nothing has moved."""
        return at_s - max(self._moved_s, self._began_s)

    def found(self, faces: int) -> None:
        """Tell what the detector saw in the picture that was let through."""
        self._barren_since_s = math.inf if faces else min(self._barren_since_s, self._opened_s)
        if self._on_heartbeat and faces:
            self.counters.missed += 1


class Scene:
    """The empty scene as it is remembered."""

    def __init__(self, settings: MotionSettings) -> None:
        self.settings = settings
        self._average: NDArray[np.float32] | None = None
        self._at_s = 0.0

    def moved(self, picture: Image, at_s: float, *, fruitless: bool = False) -> bool:
        """Compare with the remembered scene, then remember this one a little."""
        current = cv2.blur(picture, (3, 3)).astype(np.float32)
        if self._average is None:
            self._average, self._at_s = current, at_s
            return False
        gain = _middle(self._average) / max(_middle(current), 1.0)
        current *= np.float32(min(max(gain, GAIN_LIMITS[0]), GAIN_LIMITS[1]))
        moved, anew = self._compared(np.abs(self._average - current))
        if anew:
            self._average = current
        else:
            busy_s = FRUITLESS_MEMORY_S if fruitless else BUSY_MEMORY_S
            memory_s = busy_s if moved else IDLE_MEMORY_S
            share = 1 - math.exp(-max(at_s - self._at_s, 0.0) / memory_s)
            cv2.accumulateWeighted(current, self._average, share)
        self._at_s = at_s
        return moved

    def _compared(self, difference: NDArray[np.float32]) -> tuple[bool, bool]:
        """Whether something moved, and whether it is another scene altogether."""
        noise = _middle(difference)
        limit = max(self.settings.smallest_change, NOISE_FACTOR * noise)
        changed = (difference > limit).astype(np.uint8)
        count = cv2.countNonZero(changed)
        if count < self.settings.smallest_blob_px:
            return False, False
        if count > SCENE_CHANGE_RATIO * changed.size:
            return True, True
        _, _, boxes, _ = cv2.connectedComponentsWithStats(changed, connectivity=8)
        largest = int(boxes[1:, cv2.CC_STAT_AREA].max())
        return largest >= self.settings.smallest_blob_px, False


def _middle(values: NDArray[np.float32]) -> float:
    """The median of every sixteenth: what covers less than half of the picture does not sway it."""
    return float(np.median(values[::4, ::4]))
