"""Compares the wall clock with monotonic time, and detects a clock that was not set.

A device without a battery starts in 1970, or at the time of its last shutdown, and sets its clock
when the network is available. The monotonic timeline of the camera shows the step. If the clock was
doubtful before the step, all times since the start are wrong by that step.
"""

import ctypes
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final

EARLIEST_AT: Final = datetime(
    2025, 1, 1, tzinfo=UTC
)  # an earlier time means that the clock was never set
STEP: Final = timedelta(milliseconds=500)
TIME_ERROR: Final = 5  # adjtimex(2): the clock is not synchronized
TIMEX_BYTES: Final = 512  # struct timex has 208 on 64 bit; with modes 0 the call only reads


def is_synchronized() -> bool | None:
    """Whether the kernel states that the clock is synchronized; None where it cannot be read."""
    try:
        answer = _c_library().adjtimex(ctypes.create_string_buffer(TIMEX_BYTES))
    except (AttributeError, OSError):
        return None
    return None if answer < 0 else answer != TIME_ERROR


@cache
def _c_library() -> ctypes.CDLL:
    """Loaded once: the clock is read with each picture."""
    return ctypes.CDLL(None)


class WallClock:
    """Compares wall-clock and monotonic time during one run."""

    def __init__(self, disciplined: Callable[[], bool | None] = is_synchronized) -> None:
        self._disciplined = disciplined
        self._origin: datetime | None = None  # wall-clock time at zero of the monotonic timeline
        self._doubted = False

    @property
    def doubted(self) -> bool:
        """Whether the clock was never set or is not synchronized."""
        return self._doubted

    def observe(self, at: datetime, elapsed_s: float) -> timedelta | None:
        """Record a moment on both clocks; returns the error of the doubtful time before it."""
        origin = at - timedelta(seconds=elapsed_s)
        before, doubted = self._origin, self._doubted
        self._doubted = at < EARLIEST_AT or self._disciplined() is False
        if before is not None and abs(origin - before) <= STEP:
            return None
        self._origin = origin
        return origin - before if before is not None and doubted else None
