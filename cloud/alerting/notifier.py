"""Deliver notifications in a bounded number of threads, one message at a time for each recipient.

The caller's thread claims messages and records results; the threads only send. So no recipient
delays the others, the evaluation or the exit of the program.
"""

import logging
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
from cloud.messaging.call_pool import WORKERS, CallPool

log = logging.getLogger(__name__)

FOR_ONE_RUN_S: Final = 60.0

Send = Callable[[Recipient, AlertMessage], DeliveryFailure | None]


@dataclass(slots=True)
class Notifier:
    """Delivers what is due; `step` never waits for a recipient."""

    engine: Engine
    send: Send
    call_s: float
    base_url: str = ""
    clock: Callable[[], float] = time.monotonic
    workers: int = WORKERS
    _pool: CallPool[ClaimedMessage] = field(init=False)

    def __post_init__(self) -> None:
        self._pool = CallPool(self.call_s, self.clock, self.workers)

    def step(
        self, recipients: Sequence[Recipient], site_names: Mapping[str, str], now: datetime
    ) -> int:
        """Record finished calls and start due ones; returns how many messages were delivered."""
        delivered = self._record_results(now)
        with reading(self.engine) as connection:
            due = notifications.recipients_due(connection, now)
        for recipient in recipients:
            if not self._pool.has_free_worker:
                break
            if recipient.name in self._pool.recipients or recipient.name not in due:
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
        return self._pool.is_idle

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

    def _start(self, recipient: Recipient, claim: ClaimedMessage) -> None:
        self._pool.start(recipient.name, claim, lambda: self.send(recipient, claim.message))

    def _record_results(self, now: datetime) -> int:
        delivered = 0
        for claim, failure in self._pool.take_results():
            delivered += failure is None
            self._record(claim, failure, now)
        return delivered

    def _record(
        self, claim: ClaimedMessage, failure: DeliveryFailure | None, now: datetime
    ) -> None:
        with writing(self.engine) as connection:
            notifications.record_delivery(connection, claim, failure, now)
        if failure is not None:
            fields = {"recipient": claim.recipient, "reason": failure.reason}
            log.warning(
                "notification.failed", extra={**fields, "notifications": len(claim.numbers)}
            )
