"""Deliver notifications in a bounded number of threads, one message at a time for each recipient.

The caller's thread claims messages and records results; the threads only send. A call that passes
its deadline (a name lookup cannot be cancelled) is abandoned and counts as failed, so no recipient
delays the others, the evaluation or the exit of the program.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import Engine

from cloud.alerting import notifications
from cloud.alerting.message import AlertMessage
from cloud.alerting.notifications import ClaimedMessage, DeliveryFailure
from cloud.alerting.recipients import Recipient
from cloud.database import reading, writing

log = logging.getLogger(__name__)

WORKERS: Final = 8
LEFT_BEHIND: Final = 4  # threads for each worker, when calls do not end
GRACE_S: Final = 2.0
FOR_ONE_RUN_S: Final = 60.0

Send = Callable[[Recipient, AlertMessage], DeliveryFailure | None]


@dataclass(slots=True)
class _Call:
    claim: ClaimedMessage
    ends_s: float
    is_recorded: bool = False  # its result is recorded; the thread may still run


@dataclass(slots=True)
class Notifier:
    """Delivers what is due; `step` never waits for a recipient."""

    engine: Engine
    send: Send
    call_s: float
    base_url: str = ""
    clock: Callable[[], float] = time.monotonic
    workers: int = WORKERS
    _calls: dict[str, _Call] = field(default_factory=dict)
    _results: "queue.SimpleQueue[tuple[str, DeliveryFailure | None]]" = field(
        default_factory=queue.SimpleQueue
    )

    def step(
        self, recipients: Sequence[Recipient], site_names: Mapping[str, str], now: datetime
    ) -> int:
        """Record finished calls and start due ones; returns how many messages were delivered."""
        delivered = self._record_results(now)
        with reading(self.engine) as connection:
            due = notifications.recipients_due(connection, now)
        for recipient in recipients:
            if not self._has_free_worker:
                break
            if recipient.name in self._calls or recipient.name not in due:
                continue
            with writing(self.engine) as connection:
                claim = notifications.claim_message(
                    connection, recipient, now, site_names, self.base_url
                )
            if claim is not None:
                self._start(recipient, claim)
        return delivered

    @property
    def is_idle(self) -> bool:
        """Whether every result is recorded."""
        return all(call.is_recorded for call in self._calls.values())

    def run_until_idle(
        self,
        recipients: Sequence[Recipient],
        site_names: Mapping[str, str],
        now: datetime,
        stopping: threading.Event | None = None,
    ) -> int:
        """Deliver all that is due at `now`, for at most a minute; returns how many messages."""
        ends_s, delivered, stop = self.clock() + FOR_ONE_RUN_S, 0, stopping or threading.Event()
        while self.clock() < ends_s and not stop.is_set():
            delivered += self.step(recipients, site_names, now)
            if self.is_idle:
                break
            stop.wait(0.01)
        return delivered

    @property
    def _has_free_worker(self) -> bool:
        at_work = sum(not call.is_recorded for call in self._calls.values())
        return at_work < self.workers and len(self._calls) < self.workers * LEFT_BEHIND

    def _start(self, recipient: Recipient, claim: ClaimedMessage) -> None:
        self._calls[recipient.name] = _Call(claim, self.clock() + self.call_s + GRACE_S)

        def run() -> None:
            self._results.put((recipient.name, self.send(recipient, claim.message)))

        threading.Thread(target=run, name=f"notification-{recipient.name}", daemon=True).start()

    def _record_results(self, now: datetime) -> int:
        delivered = 0
        while True:
            try:
                name, failure = self._results.get_nowait()
            except queue.Empty:
                break
            call = self._calls.pop(name)
            if not call.is_recorded:
                delivered += failure is None
                self._record(call, failure, now)
        for call in self._calls.values():
            if not call.is_recorded and self.clock() >= call.ends_s:
                self._record(call, DeliveryFailure("no answer in time"), now)
        return delivered

    def _record(self, call: _Call, failure: DeliveryFailure | None, now: datetime) -> None:
        call.is_recorded = True
        with writing(self.engine) as connection:
            notifications.record_delivery(connection, call.claim, failure, now)
        if failure is not None:
            fields = {"recipient": call.claim.recipient, "reason": failure.reason}
            log.warning(
                "notification.failed", extra={**fields, "notifications": len(call.claim.numbers)}
            )
