"""A limit for audit entries that a caller can cause at will, and a count of those left out.

An entry can never be removed from the hash chain, so requests that fail must not add entries
without a limit. The next entry says how many were left out before it.
"""

import threading
from datetime import datetime

from cloud.auth.quota import Quota, RateMeter


class EntryBudget:
    """Counts entries of one process against a rate; safe for threads."""

    def __init__(self, rate: Quota) -> None:
        self._rate = rate
        self._meter: RateMeter | None = None
        self._left_out = 0
        self._lock = threading.Lock()

    def take(self, now: datetime) -> int | None:
        """How many were left out since the last entry; None to leave out this one as well."""
        with self._lock:
            self._meter = self._meter or RateMeter(now)
            if not self._meter.take(self._rate, now).allowed:
                self._left_out += 1
                return None
            left_out, self._left_out = self._left_out, 0
            return left_out

    def add_left_out(self, count: int) -> None:
        """Count entries that were allowed and could not be written."""
        with self._lock:
            self._left_out += count
