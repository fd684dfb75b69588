"""Ends sessions on a separate thread, one after another, each within a time limit.

The supervisor requests the end of a session without waiting and collects the results later. A
failed attempt is repeated; the last error is reported.
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
    """The result of one request; `error` is empty if the session has ended."""

    audit_event: AuditEvent
    error: str = ""


class SessionEnder:
    """A queue of sessions to end; it holds each client at most once."""

    def __init__(self, control: Path, *, end: Callable[[Path, str], None] = end_session) -> None:
        self._control = control
        self._end = end
        self._requests: queue.SimpleQueue[AuditEvent | None] = queue.SimpleQueue()
        self._results: queue.SimpleQueue[SessionResult] = queue.SimpleQueue()
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
        self._requests.put(audit_event)

    def results(self) -> list[SessionResult]:
        """The results since the last call."""
        return [self._results.get() for _ in range(self._results.qsize())]

    def close(self) -> None:
        """End the thread after its current request; discard the others."""
        self.forget()
        self._requests.put(None)
        self._thread.join(CLOSE_TIMEOUT_S)

    def forget(self) -> None:
        """Discard waiting requests: a broker that has exited has no sessions."""
        while not self._requests.empty():
            try:
                audit_event = self._requests.get_nowait()
            except queue.Empty:
                return
            if audit_event is not None:
                self._results.put(SessionResult(audit_event))
                self._finish(audit_event)

    def _work(self) -> None:
        while (audit_event := self._requests.get()) is not None:
            result = SessionResult(audit_event, self._attempt(str(audit_event.client)))
            self._finish(audit_event)
            self._results.put(result)

    def _attempt(self, client: str) -> str:
        reason = ""
        for _ in range(ATTEMPTS):
            try:
                self._end(self._control, client)
            except SessionControlError as error:
                reason = str(error)
            else:
                return ""
        return reason

    def _finish(self, audit_event: AuditEvent) -> None:
        with self._lock:
            self._waiting.discard(str(audit_event.client))
