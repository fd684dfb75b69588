"""The empty scene as it is remembered, and what differs from it: light and shaking do not count.

Every picture is brought to the remembered light by one gain and to the remembered place by one
shift (Lucas and Kanade's, over the whole picture), then compared against the scene's own noise.

What differs is not yet somebody. A lamp differs from one picture to the next and then stays as it
is; somebody who comes differs again in the picture after. So a first difference is only suspected,
and becomes movement when the suspect has changed since. A suspect that stays as it is becomes part
of the scene. Between pictures that lie far apart nobody can tell a lamp from a person: there every
difference is movement at once.
"""

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_agent.capture.frame import Image
from edge_agent.settings.capture import MotionSettings

Floats = NDArray[np.float32]

IDLE_MEMORY_S: Final = 8.0  # the scene follows slow light within this time
BUSY_MEMORY_S: Final = 40.0  # and forgets a lingering person only in this
FRUITLESS_MEMORY_S: Final = 2.0  # unless nobody with a face is found in what moved
SUSPECT_FOR_S: Final = 2.5  # what has not changed for so long belongs to the scene
STIRRING: Final = 0.6  # of `smallest_change` makes a suspect alive: the light is the same
LEARNT_AFTER_S: Final = 1.0
LEARNT_FROM: Final = 5  # pictures, whose mean the scene begins with
FAR_APART_S: Final = 0.5
NOISE_FACTOR: Final = 5 * 1.4826  # 1.4826 median absolute differences make one sigma
SCENE_CHANGE_RATIO: Final = 0.35  # more than this has changed: another scene, begin again
GAIN_LIMITS: Final = (0.5, 2.0)
LARGEST_SHIFT_PX: Final = 1.5
SMALLEST_SHIFT_PX: Final = 0.03
SLOPES_KEPT_S: Final = 2.0
BORDER_PX: Final = 2  # what a shaking camera brings in from outside is no movement
NEIGHBOURHOOD_PX: Final = 8


class BackgroundModel:
    """The remembered scene of one camera."""

    def __init__(self, settings: MotionSettings) -> None:
        self.settings = settings
        self._average: Floats | None = None
        self._at_s = self._began_s = 0.0
        self._learnt = 0  # pictures of a scene that has just begun
        self.learning = True
        self._slopes: ShiftEstimator | None = None
        self._suspect: Floats | None = None
        self._suspected_s = 0.0
        self._alive = False
        self.movement = 0.0  # share of the last picture that differed

    @property
    def has_suspect(self) -> bool:
        """Whether this very picture is the first that differs."""
        return self._suspect is not None and self._suspected_s == self._at_s

    def detect_motion(self, picture: Image, at_s: float, *, without_faces: bool = False) -> bool:
        """Compare with the remembered scene, then remember this picture a little.

        `without_faces`: what moved has been looked at, and nobody was there.
        """
        current = np.asarray(cv2.boxFilter(picture, cv2.CV_32F, (3, 3)), np.float32)
        if self._average is None:
            self._begin(current, at_s)
            return False
        apart_s, self._at_s = at_s - self._at_s, at_s
        current = _equalize_light(current, self._average)
        self.learning = at_s - self._began_s < LEARNT_AFTER_S and self._learnt < LEARNT_FROM
        if self.learning:
            self._learnt += 1
            cv2.accumulateWeighted(current, self._average, 1 / self._learnt)
            return False
        rest = self._unshaken(current - self._average, at_s)
        changed = self._changes(rest)
        self.movement = cv2.countNonZero(changed) / changed.size
        if self.movement > SCENE_CHANGE_RATIO:
            self._begin(current, at_s)
            return True
        differs = self._is_somewhere(changed)
        moved = self._judged(differs, rest, at_s, apart_s)
        self._remember(current, differs, moved, apart_s, without_faces=without_faces)
        return moved

    def _begin(self, current: Floats, at_s: float) -> None:
        self._average, self._at_s, self._began_s = current, at_s, at_s
        self._learnt, self.learning = 1, True
        self._slopes = self._suspect = None
        self._alive = False

    def _judged(self, differs: bool, rest: Floats, at_s: float, apart_s: float) -> bool:
        if not differs:
            self._suspect, self._alive = None, False
        elif self._alive or apart_s > FAR_APART_S:
            self._alive = True
        elif self._suspect is None:
            self._suspect, self._suspected_s = rest, at_s
        else:
            since = self._changes(rest - self._suspect, share=STIRRING)
            self._alive = self._is_somewhere(since)
        return self._alive

    def _remember(
        self, current: Floats, differs: bool, moved: bool, apart_s: float, *, without_faces: bool
    ) -> None:
        assert self._average is not None
        if differs and not moved:
            if self._at_s - self._suspected_s >= SUSPECT_FOR_S:
                self._begin(current, self._at_s)
            return
        busy_s = FRUITLESS_MEMORY_S if without_faces else BUSY_MEMORY_S
        share = 1 - math.exp(-max(apart_s, 0.0) / (busy_s if moved else IDLE_MEMORY_S))
        cv2.accumulateWeighted(current, self._average, share)

    def _unshaken(self, difference: Floats, at_s: float) -> Floats:
        """What is left when the camera's own shaking is taken out."""
        assert self._average is not None
        if self._slopes is None or at_s - self._slopes.at_s > SLOPES_KEPT_S:
            self._slopes = ShiftEstimator(self._average, at_s)
        return self._slopes.remove_shift(difference)

    def _changes(self, difference: Floats, *, share: float = 1.0) -> Image:
        size = np.abs(difference)
        limit = max(share * self.settings.smallest_change, NOISE_FACTOR * _median(size[::4, ::4]))
        inner = size[BORDER_PX:-BORDER_PX, BORDER_PX:-BORDER_PX]
        return np.asarray(inner > limit, np.uint8)

    def _is_somewhere(self, changed: Image) -> bool:
        """Whether enough of it lies close together."""
        enough = self.settings.smallest_blob_px
        if cv2.countNonZero(changed) < enough:
            return False
        side = max(NEIGHBOURHOOD_PX, math.ceil(math.sqrt(2 * enough)))
        near = cv2.boxFilter(changed, cv2.CV_16U, (side, side), normalize=False)
        return int(near.max()) >= enough


class ShiftEstimator:
    """How the remembered scene rises from pixel to pixel: what a small shift would change."""

    def __init__(self, scene: Floats, at_s: float) -> None:
        self.at_s = at_s
        self._x = cv2.Sobel(scene, cv2.CV_32F, 1, 0, scale=1 / 8)
        self._y = cv2.Sobel(scene, cv2.CV_32F, 0, 1, scale=1 / 8)
        xx, xy, yy = (
            float(np.dot(one.ravel(), other.ravel()))
            for one, other in ((self._x, self._x), (self._x, self._y), (self._y, self._y))
        )
        whole = xx * yy - xy * xy
        self._inverse = (yy / whole, -xy / whole, xx / whole) if whole > 1e-3 else (0.0, 0.0, 0.0)

    def remove_shift(self, difference: Floats) -> Floats:
        """`difference` without the part that one shift of the whole picture explains."""
        along_x = float(np.dot(self._x.ravel(), difference.ravel()))
        along_y = float(np.dot(self._y.ravel(), difference.ravel()))
        a, b, c = self._inverse
        x, y = a * along_x + b * along_y, b * along_x + c * along_y
        if not SMALLEST_SHIFT_PX < math.hypot(x, y) < LARGEST_SHIFT_PX:
            return difference
        less_x = cv2.scaleAdd(self._x, -x, difference)
        return np.asarray(cv2.scaleAdd(self._y, -y, less_x), np.float32)


def _equalize_light(current: Floats, scene: Floats) -> Floats:
    """Under the scene's light. What covers less than half of the picture does not sway it."""
    gain = _median(scene[::8, ::8]) / max(_median(current[::8, ::8]), 1.0)
    return current * np.float32(min(max(gain, GAIN_LIMITS[0]), GAIN_LIMITS[1]))


def _median(values: Floats) -> float:
    """The median; numpy's own takes six times as long for so few."""
    flat = values.ravel()
    half = flat.size // 2
    return float(np.partition(flat, half)[half])
