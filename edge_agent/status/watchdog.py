"""Systemd's watchdog: it hears of us only while every camera's loop turns.

The protocol is a datagram on the socket that NOTIFY_SOCKET names (sd_notify(3)); no library is
needed. When a loop hangs we fall silent, say where it hangs, and are killed and started again.
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

HANG_TIMEOUT_S: Final = 30.0  # a loop turns at least once a second; merging a full disk takes a few


class Watchdog:
    """While entered, tells systemd that this process lives. Does nothing where nobody listens."""

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
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
        self._told: set[str] = set()

    def __enter__(self) -> Self:
        self.say("READY=1")
        self._thread.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self.say("STOPPING=1")
        self._thread.join()

    def say(self, words: str) -> None:
        """One notification; a listener that is gone is no reason to stop measuring."""
        if not self._address:
            return
        path = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as mail:
            mail.sendto(words.encode(), path)

    def turn(self, now_s: float) -> bool:
        """Bark or fall silent; whether all is well."""
        silent = self._board.stalled(now_s, self._hangs_after_s)
        for device in silent:
            if device not in self._told:
                log.critical("agent.hangs", extra={"device": device, "where": _where(device)})
        self._told = set(silent)
        if not silent:
            self.say("WATCHDOG=1")
        return not silent

    def _watch(self) -> None:
        while not self._ended.wait(self._every_s or self._hangs_after_s / 3):
            self.turn(time.monotonic())


def _where(thread_name: str) -> str:
    """The stack of a thread; agents' threads are called like their devices."""
    frames = sys._current_frames()
    for thread in threading.enumerate():
        if thread.name == thread_name and thread.ident in frames:
            return "".join(traceback.format_stack(frames[thread.ident]))[-2000:]
    return "its thread is gone"
