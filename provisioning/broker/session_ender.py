"""Ends sessions on a separate thread, one after another, each within a time limit.

The supervisor asks and goes on; it collects what became of each request later. A session that does
not end is tried again a few times before that is reported.
"""

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from provisioning.broker.log_monitor import AuditEvent
from provisioning.broker.session_control import SessionControlError, end_session

ATTEMPTS: Final = 3
CLOSE_TIMEOUT_S: Final = 15.0


@dataclass(frozen=True, slots=True)
class SessionResult:
    """The result of one request; `trouble` is empty when the session has ended."""

    audit_event: AuditEvent
    trouble: str = ""


class SessionEnder:
    """A queue of sessions to end; the same client waits in it once."""

    def __init__(self, control: Path, *, end: Callable[[Path, str], None] = end_session) -> None:
        self._control = control
        self._end = end
        self._asked: queue.SimpleQueue[AuditEvent | None] = queue.SimpleQueue()
        self._ended: queue.SimpleQueue[SessionResult] = queue.SimpleQueue()
        self._waiting: set[str] = set()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._work, name="session-ender", daemon=True)
        self._thread.start()

    def request(self, audit_event: AuditEvent) -> None:
        """Request the end of a client's session."""
        with self._lock:
            if audit_event.client in self._waiting:
                return
            self._waiting.add(str(audit_event.client))
        self._asked.put(audit_event)

    def results(self) -> list[SessionResult]:
        """The results since the last call."""
        return [self._ended.get() for _ in range(self._ended.qsize())]

    def close(self) -> None:
        """End the thread after the request that it is busy with."""
        self.forget()
        self._asked.put(None)
        self._thread.join(CLOSE_TIMEOUT_S)

    def forget(self) -> None:
        """Discard what waits: a broker that has ended has no sessions."""
        while not self._asked.empty():
            try:
                audit_event = self._asked.get_nowait()
            except queue.Empty:
                return
            if audit_event is not None:
                self._ended.put(SessionResult(audit_event))
                self._finish(audit_event)

    def _work(self) -> None:
        while (audit_event := self._asked.get()) is not None:
            outcome = SessionResult(audit_event, self._attempt(str(audit_event.client)))
            self._finish(audit_event)
            self._ended.put(outcome)

    def _attempt(self, client: str) -> str:
        trouble = ""
        for _ in range(ATTEMPTS):
            try:
                self._end(self._control, client)
            except SessionControlError as error:
                trouble = str(error)
            else:
                return ""
        return trouble

    def _finish(self, audit_event: AuditEvent) -> None:
        with self._lock:
            self._waiting.discard(str(audit_event.client))
