"""When a failed delivery is retried, and when it is given up."""

from datetime import timedelta
from typing import Final

FIRST: Final = timedelta(minutes=1)
LONGEST: Final = timedelta(hours=1)
MOST_ATTEMPTS: Final = 8
"""Attempts of a notification that a reachable recipient refuses."""
GIVE_UP_AFTER: Final = timedelta(days=2)
"""After the change of the alert; a recipient that was unreachable longer is not notified."""


def pause(failures: int) -> timedelta:
    """One minute after the first failure in a row, twice as long after each, one hour at most."""
    factor: int = 2 ** min(max(failures, 1) - 1, 10)
    return min(FIRST * factor, LONGEST)
