"""A model of the empty scene; differences from it are motion, except light and camera shake.

Every picture is adjusted to the light of the model by one gain and to its position by one shift
(Lucas and Kanade, over the whole picture), then compared with the noise of the scene as limit.

A difference is not yet motion. A lamp differs from one picture to the next and then stays the same;
a person differs again in the picture after. So the first difference is a suspected change, which
becomes motion when it has changed again in a later picture. A suspected change that stays the same
becomes part of the background. In pictures that are far apart a lamp and a person cannot be
distinguished, so every difference is motion at once.
"""

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_agent.capture.frame import Image
from edge_agent.settings.capture import MotionSettings

Floats = NDArray[np.float32]

IDLE_MEMORY_S: Final = 8.0  # the background follows slow light changes within this time
BUSY_MEMORY_S: Final = 40.0  # and absorbs a person who stands still only in this time
NO_FACE_MEMORY_S: Final = 2.0  # unless no face is found in the motion
SUSPECT_FOR_S: Final = 2.5  # a change that has been constant for so long is background
SECOND_CHANGE_RATIO: Final = (
    0.6  # of `smallest_change` makes a suspected change motion: the light is the same
)
LEARNT_AFTER_S: Final = 1.0
LEARNT_FROM: Final = 5  # pictures, whose mean is the initial background
FAR_APART_S: Final = 0.5
NOISE_FACTOR: Final = 5 * 1.4826  # 1.4826 median absolute differences make one sigma
SCENE_CHANGE_RATIO: Final = 0.35  # more change than this is another scene: start again
GAIN_LIMITS: Final = (0.5, 2.0)
LARGEST_SHIFT_PX: Final = 1.5
SMALLEST_SHIFT_PX: Final = 0.03
SLOPES_VALID_S: Final = 2.0
BORDER_PX: Final = 2  # what camera shake moves into the picture is not motion
NEIGHBOURHOOD_PX: Final = 8


class BackgroundModel:
    """The background model of one camera."""

    def __init__(self, settings: MotionSettings) -> None:
        self.settings = settings
        self._average: Floats | None = None
        self._at_s = self._began_s = 0.0
        self._learnt = 0  # pictures of the scene that is being learned
        self.learning = True
        self._slopes: ShiftEstimator | None = None
        self._suspect: Floats | None = None
        self._suspected_s = 0.0
        self._is_motion = False
        self.movement = 0.0  # share of the last picture that differed

    @property
    def has_suspect(self) -> bool:
        """Whether this picture is the first that differs."""
        return self._suspect is not None and self._suspected_s == self._at_s

    def detect_motion(self, picture: Image, at_s: float, *, without_faces: bool = False) -> bool:
        """Compare with the background, then blend the picture into it.

        `without_faces`: the motion has been analysed, and no face was found.
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
        rest = self._without_shake(current - self._average, at_s)
        changed = self._changes(rest)
        self.movement = cv2.countNonZero(changed) / changed.size
        if self.movement > SCENE_CHANGE_RATIO:
            self._begin(current, at_s)
            return True
        differs = self._is_concentrated(changed)
        moved = self._decide(differs, rest, at_s, apart_s)
        self._update_background(current, differs, moved, apart_s, without_faces=without_faces)
        return moved

    def _begin(self, current: Floats, at_s: float) -> None:
        self._average, self._at_s, self._began_s = current, at_s, at_s
        self._learnt, self.learning = 1, True
        self._slopes = self._suspect = None
        self._is_motion = False

    def _decide(self, differs: bool, rest: Floats, at_s: float, apart_s: float) -> bool:
        if not differs:
            self._suspect, self._is_motion = None, False
        elif self._is_motion or apart_s > FAR_APART_S:
            self._is_motion = True
        elif self._suspect is None:
            self._suspect, self._suspected_s = rest, at_s
        else:
            since = self._changes(rest - self._suspect, share=SECOND_CHANGE_RATIO)
            self._is_motion = self._is_concentrated(since)
        return self._is_motion

    def _update_background(
        self, current: Floats, differs: bool, moved: bool, apart_s: float, *, without_faces: bool
    ) -> None:
        assert self._average is not None
        if differs and not moved:
            if self._at_s - self._suspected_s >= SUSPECT_FOR_S:
                self._begin(current, self._at_s)
            return
        busy_s = NO_FACE_MEMORY_S if without_faces else BUSY_MEMORY_S
        share = 1 - math.exp(-max(apart_s, 0.0) / (busy_s if moved else IDLE_MEMORY_S))
        cv2.accumulateWeighted(current, self._average, share)

    def _without_shake(self, difference: Floats, at_s: float) -> Floats:
        """The difference without the part that camera shake explains."""
        assert self._average is not None
        if self._slopes is None or at_s - self._slopes.at_s > SLOPES_VALID_S:
            self._slopes = ShiftEstimator(self._average, at_s)
        return self._slopes.remove_shift(difference)

    def _changes(self, difference: Floats, *, share: float = 1.0) -> Image:
        size = np.abs(difference)
        limit = max(share * self.settings.smallest_change, NOISE_FACTOR * _median(size[::4, ::4]))
        inner = size[BORDER_PX:-BORDER_PX, BORDER_PX:-BORDER_PX]
        return np.asarray(inner > limit, np.uint8)

    def _is_concentrated(self, changed: Image) -> bool:
        """Whether enough changed pixels are close together."""
        enough = self.settings.smallest_blob_px
        if cv2.countNonZero(changed) < enough:
            return False
        side = max(NEIGHBOURHOOD_PX, math.ceil(math.sqrt(2 * enough)))
        near = cv2.boxFilter(changed, cv2.CV_16U, (side, side), normalize=False)
        return int(near.max()) >= enough


class ShiftEstimator:
    """The gradients of the background, which give the effect of a small shift."""

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
    """The picture under the light of the background, by the median of the pixels' ratios.

    The ratio of the medians would change with every large object that enters the picture.
    """
    ratios = scene[::8, ::8] / np.maximum(current[::8, ::8], np.float32(1))
    gain = _median(np.asarray(ratios, np.float32))
    return current * np.float32(min(max(gain, GAIN_LIMITS[0]), GAIN_LIMITS[1]))


def _median(values: Floats) -> float:
    """The median; numpy's own function takes six times as long for few values."""
    flat = values.ravel()
    half = flat.size // 2
    return float(np.partition(flat, half)[half])
