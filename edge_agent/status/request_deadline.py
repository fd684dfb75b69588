"""Limits time and size of each HTTP request, even when a client sends it byte by byte.

The timeout of a socket is for one read: a client that sends a byte now and then would occupy its
thread without end. The limit here is for the whole request, head and body.
"""

import io
import socket
import time
from collections.abc import Callable
from typing import Any


class RequestOverdueError(TimeoutError):
    """A request is too slow or too large."""


class DeadlineReader(io.RawIOBase):
    """Reads one connection; `begin` starts time and size of the next request."""

    def __init__(
        self,
        connection: socket.socket,
        *,
        within_s: float,
        limit_bytes: int,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._connection = connection
        self._within_s = within_s
        self._limit_bytes = limit_bytes
        self._steady = steady
        self.begin()

    def begin(self) -> None:
        """Start the limits of the next request."""
        self._ends_s = self._steady() + self._within_s
        self._left_bytes = self._limit_bytes

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left_s = self._ends_s - self._steady()
        if left_s <= 0 or self._left_bytes <= 0:
            raise RequestOverdueError("the request takes too long or is too large")
        self._connection.settimeout(left_s)
        count = self._connection.recv_into(buffer)
        self._left_bytes -= count
        return count
