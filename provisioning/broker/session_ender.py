"""Ends sessions on a thread of its own, one after another, each within a bounded time.

The supervisor asks and goes on; it collects what became of each request later. A session that does
not end is tried again a few times before that is reported.
"""

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from provisioning.broker.doorman import DoormanError, end_session
from provisioning.broker.watch import Verdict

TRIES: Final = 3
CLOSED_WITHIN_S: Final = 15.0


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of one request; `trouble` is empty when the session is over."""

    verdict: Verdict
    trouble: str = ""


class SessionEnder:
    """A queue of sessions to end; the same client waits in it once."""

    def __init__(self, control: Path, *, end: Callable[[Path, str], None] = end_session) -> None:
        self._control = control
        self._end = end
        self._asked: queue.SimpleQueue[Verdict | None] = queue.SimpleQueue()
        self._ended: queue.SimpleQueue[Ended] = queue.SimpleQueue()
        self._waiting: set[str] = set()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._work, name="session-ender", daemon=True)
        self._thread.start()

    def request(self, verdict: Verdict) -> None:
        """Have the session of the verdict's client ended."""
        with self._lock:
            if verdict.client in self._waiting:
                return
            self._waiting.add(str(verdict.client))
        self._asked.put(verdict)

    def results(self) -> list[Ended]:
        """What has become of requests since the last call."""
        return [self._ended.get() for _ in range(self._ended.qsize())]

    def close(self) -> None:
        """End the thread after the request that it is busy with."""
        self.forget()
        self._asked.put(None)
        self._thread.join(CLOSED_WITHIN_S)

    def forget(self) -> None:
        """Discard what waits: a broker that has ended has no sessions."""
        while not self._asked.empty():
            try:
                verdict = self._asked.get_nowait()
            except queue.Empty:
                return
            if verdict is not None:
                self._ended.put(Ended(verdict))
                self._finish(verdict)

    def _work(self) -> None:
        while (verdict := self._asked.get()) is not None:
            outcome = Ended(verdict, self._attempt(str(verdict.client)))
            self._finish(verdict)
            self._ended.put(outcome)

    def _attempt(self, client: str) -> str:
        trouble = ""
        for _ in range(TRIES):
            try:
                self._end(self._control, client)
            except DoormanError as error:
                trouble = str(error)
            else:
                return ""
        return trouble

    def _finish(self, verdict: Verdict) -> None:
        with self._lock:
            self._waiting.discard(str(verdict.client))
