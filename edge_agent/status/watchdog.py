"""Notifies the systemd watchdog while the loop of every camera makes progress.

The protocol is a datagram on the socket in NOTIFY_SOCKET (sd_notify(3)); no library is needed. When
a loop hangs, notifications stop, the stack of its thread is logged, and systemd restarts the agent.
"""

import logging
import os
import socket
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

from edge_agent.state_board import StateBoard

log = logging.getLogger(__name__)

HANG_TIMEOUT_S: Final = 30.0  # a loop runs at least once a second; downsampling takes a few


class Watchdog:
    """Notifies systemd while entered. Does nothing without NOTIFY_SOCKET."""

    def __init__(
        self,
        board: StateBoard,
        *,
        environment: Mapping[str, str] = os.environ,
        hangs_after_s: float = HANG_TIMEOUT_S,
    ) -> None:
        self._board = board
        self._address = environment.get("NOTIFY_SOCKET", "")
        self._every_s = int(environment.get("WATCHDOG_USEC", 0)) / 1e6 / 3
        self._hangs_after_s = hangs_after_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
        self._logged: set[str] = set()

    def __enter__(self) -> Self:
        self.notify("READY=1")
        self._thread.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._stopping.set()
        self.notify("STOPPING=1")
        self._thread.join()

    def notify(self, message: str) -> None:
        """Send one notification; errors are ignored, measurement continues."""
        if not self._address:
            return
        path = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
            channel.sendto(message.encode(), path)

    def check(self, now_s: float) -> bool:
        """Notify unless a loop hangs; returns whether none does."""
        hanging = self._board.find_stalled(now_s, self._hangs_after_s)
        for device in hanging:
            if device not in self._logged:
                log.critical("agent.hangs", extra={"device": device, "where": _stack_of(device)})
        self._logged = set(hanging)
        if not hanging:
            self.notify("WATCHDOG=1")
        return not hanging

    def _watch(self) -> None:
        while not self._stopping.wait(self._every_s or self._hangs_after_s / 3):
            self.check(time.monotonic())


def _stack_of(thread_name: str) -> str:
    """The stack of a thread; threads of agents are named after their devices."""
    frames = sys._current_frames()
    for thread in threading.enumerate():
        if thread.name == thread_name and thread.ident in frames:
            return "".join(traceback.format_stack(frames[thread.ident]))[-2000:]
    return "its thread has ended"
