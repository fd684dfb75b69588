"""When a delivery that failed is tried again, and when it is given up."""

from datetime import timedelta
from typing import Final

FIRST: Final = timedelta(minutes=1)
LONGEST: Final = timedelta(hours=1)
MOST_ATTEMPTS: Final = 8
"""Of one notice that its recipient, who can be reached, refuses."""
GIVE_UP_AFTER: Final = timedelta(days=2)
"""From the change of the alert on: a recipient who was away longer is not told of it any more."""


def pause(failures: int) -> timedelta:
    """One minute after the first failure in a row, twice as long after each, one hour at most."""
    factor: int = 2 ** min(max(failures, 1) - 1, 10)
    return min(FIRST * factor, LONGEST)
