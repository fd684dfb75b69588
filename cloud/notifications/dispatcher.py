"""Send what is due: one message at a time for each user and channel, many users at once.

Each channel has its own threads, so that a mail relay that hangs delays no webhook. The caller's
thread claims messages and stores outcomes; the threads only send.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Final

from prometheus_client import Counter
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from cloud.database import microseconds, reading, writing
from cloud.messaging.call_pool import WORKERS, CallPool
from cloud.messaging.failures import DeliveryFailure
from cloud.messaging.webhook import GONE
from cloud.notifications.claims import ClaimedNotice, claim_message
from cloud.notifications.event import Fact, NoticeEvent
from cloud.notifications.event_store import store_events
from cloud.notifications.kinds import NoticeChannel, NoticeTopic
from cloud.notifications.notice_store import (
    find_due_users,
    has_due,
    postpone_due,
    record_failure,
    record_sent,
    record_unknown,
    settle,
)
from cloud.notifications.preference_store import disable_webhook

log = logging.getLogger(__name__)
MESSAGES = Counter(
    "onlooker_notices", "Messages of notifications that were sent or failed", ("channel", "outcome")
)
FOR_ONE_RUN_S: Final = 60.0

SendNotice = Callable[[ClaimedNotice], DeliveryFailure | None]


@dataclass(slots=True)
class NoticeDispatcher:
    """Delivers notifications; `step` never waits for a recipient."""

    engine: Engine
    send: SendNotice
    call_s: float
    link: str
    clock: Callable[[], float] = time.monotonic
    workers: int = WORKERS
    _pools: dict[NoticeChannel, CallPool[ClaimedNotice]] = field(init=False)

    def __post_init__(self) -> None:
        self._pools = {
            channel: CallPool(self.call_s, self.clock, self.workers) for channel in NoticeChannel
        }

    @property
    def is_idle(self) -> bool:
        """Whether every outcome is stored."""
        return all(pool.is_idle for pool in self._pools.values())

    def step(self, now: datetime) -> int:
        """Store finished calls and start due ones; returns how many messages were delivered."""
        delivered = sum(self._record_results(pool, now) for pool in self._pools.values())
        with reading(self.engine) as connection:
            is_due = has_due(connection, now)
        if not is_due:
            return delivered
        with writing(self.engine) as connection:
            settle(connection, now)
        for channel, pool in self._pools.items():
            self._start_due(channel, pool, now)
        return delivered

    def run_until_idle(self, now: datetime) -> int:
        """Deliver all that is due at `now`, for at most a minute; returns how many messages."""
        return self._run(lambda: self.step(now))

    def finish(self, now: datetime) -> int:
        """Wait for the calls that run, and start no other."""
        return self._run(
            lambda: sum(self._record_results(pool, now) for pool in self._pools.values())
        )

    def _run(self, act: Callable[[], int]) -> int:
        ends_s, delivered, pause = self.clock() + FOR_ONE_RUN_S, 0, threading.Event()
        while self.clock() < ends_s:
            delivered += act()
            if self.is_idle:
                break
            pause.wait(0.01)
        return delivered

    def _start_due(
        self, channel: NoticeChannel, pool: CallPool[ClaimedNotice], now: datetime
    ) -> None:
        """Start calls while threads are free and anything is due."""
        while pool.has_free_worker and self._start_some(channel, pool, now):
            pass

    def _start_some(
        self, channel: NoticeChannel, pool: CallPool[ClaimedNotice], now: datetime
    ) -> bool:
        """Start calls to those who have waited longest; whether more could be started."""
        with reading(self.engine) as connection:
            due = find_due_users(connection, channel, now, pool.recipients, self.workers)
        for user in due:
            if not pool.has_free_worker:
                return False
            claimed = self._claim(user, channel, now)
            if claimed is not None:
                pool.start(user, claimed, partial(self.send, claimed))
        return bool(due)

    def _claim(self, user: str, channel: NoticeChannel, now: datetime) -> ClaimedNotice | None:
        """The next message of a user; what cannot be made a message delays no other user."""
        claimed = None
        try:
            with writing(self.engine) as connection:
                claimed = claim_message(connection, user, channel, self.link, now)
        except DBAPIError:
            raise
        except Exception as error:
            log.exception("notices.not_claimed", extra={"user": user, "channel": channel})
            reason = f"no message could be made of it: {type(error).__name__}"
            with writing(self.engine) as connection:
                postpone_due(connection, user, channel, now, reason)
        return claimed

    def _record_results(self, pool: CallPool[ClaimedNotice], now: datetime) -> int:
        delivered = 0
        for claimed, failure in pool.take_results():
            delivered += failure is None
            self._record(claimed, failure, now)
        return delivered

    def _record(
        self, claimed: ClaimedNotice, failure: DeliveryFailure | None, now: datetime
    ) -> None:
        MESSAGES.labels(claimed.channel, "sent" if failure is None else "failed").inc()
        with writing(self.engine) as connection:
            if failure is None:
                record_sent(connection, claimed.numbers, now)
                return
            if claimed.channel is NoticeChannel.SMS and not failure.is_outcome_known:
                record_unknown(connection, claimed.numbers, failure.reason, now)
            else:
                record_failure(connection, claimed.numbers, failure, claimed.attempts, now)
            if failure.status == GONE:
                report_gone(connection, claimed, now)
        fields = {"user": claimed.user, "channel": claimed.channel, "reason": failure.reason}
        log.warning("notices.failed", extra={**fields, "notices": len(claimed.numbers)})


def report_gone(connection: Connection, claimed: ClaimedNotice, now: datetime) -> None:
    """Disable a webhook that answered 410, and notify its user by e-mail."""
    if not disable_webhook(connection, claimed.user, claimed.to, now):
        return
    event = NoticeEvent(
        kind=NoticeTopic.WEBHOOK_DISABLED,
        key=f"{claimed.user}:{microseconds(now)}",
        account=None,
        at=now,
        title="Your webhook was disabled",
        facts=(
            Fact("Answer", "410 Gone"),
            Fact("What to do", "store the preferences again, with an address that accepts POST"),
            Fact("Disabled", at=now),
        ),
        path=f"/api/users/{claimed.user}/notifications",
        subject=claimed.user,
        user=claimed.user,
    )
    store_events(connection, [event], now)
