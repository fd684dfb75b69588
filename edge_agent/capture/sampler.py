"""Samples pictures at a steady rate from a stream of any other rate."""

import math


class Sampler:
    """Selects the first picture of each time slot of 1 / fps."""

    def __init__(self, fps: float) -> None:
        self._fps = fps
        self._slot = -1

    def selects(self, at_s: float) -> bool:
        """Whether the picture at this time is the first of its slot."""
        slot = math.floor(at_s * self._fps + 1e-3)
        if slot <= self._slot:
            return False
        self._slot = slot
        return True
