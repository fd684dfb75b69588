"""Civil time, and whether it may be believed.

A board without a battery wakes in 1970, or at the hour at which it was last switched off, and
learns the time when the network comes. The steady timeline of the camera shows the step. When the
clock was in doubt before it, everything measured since the start was late or early by the step.
"""

import ctypes
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

EARLIEST_AT: Final = datetime(2025, 1, 1, tzinfo=UTC)  # a clock before this has never been set
STEP: Final = timedelta(milliseconds=500)
TIME_ERROR: Final = 5  # adjtimex(2): nobody disciplines the clock
TIMEX_BYTES: Final = 512  # struct timex has 208 on 64 bit; modes 0, all zero, only asks


def is_synchronized() -> bool | None:
    """Whether the kernel says that something keeps its clock; None where it cannot be asked."""
    try:
        answer = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(TIMEX_BYTES))
    except (AttributeError, OSError):
        return None
    return None if answer < 0 else answer != TIME_ERROR


class WallClock:
    """Watches civil against steady time for one run."""

    def __init__(self, disciplined: Callable[[], bool | None] = is_synchronized) -> None:
        self._disciplined = disciplined
        self._origin: datetime | None = None  # civil time where the steady timeline is zero
        self._doubted = False

    @property
    def doubted(self) -> bool:
        """The clock has never been set, or nothing keeps it."""
        return self._doubted

    def observe(self, at: datetime, elapsed_s: float) -> timedelta | None:
        """Take a moment on both clocks; by how much the doubted time before it was wrong."""
        origin = at - timedelta(seconds=elapsed_s)
        before, doubted = self._origin, self._doubted
        self._doubted = at < EARLIEST_AT or self._disciplined() is False
        if before is not None and abs(origin - before) <= STEP:
            return None
        self._origin = origin
        return origin - before if before is not None and doubted else None
