"""The consumer loop: receive a batch, validate, commit, acknowledge to devices and broker.

While the database is locked, full or unreachable, the batch is retried; the broker and the devices
keep what is not committed. A message whose data the database refuses becomes a dead letter by
itself. A statement that the database does not understand is a bug: the program ends with nothing
acknowledged. Dead letters have a budget per device and one for all; beyond its own, a device is
quarantined. No message from a device ends the program.
"""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from cloud.database import writing
from cloud.database.failures import failure_of, is_passing
from cloud.ingest.commit import CommitResult, commit
from cloud.ingest.dead_letter_budget import DeadLetterBudget, DeadLetterLimits, Key
from cloud.ingest.dead_letters import DeadLetter, DeadLetterKind
from cloud.ingest.plausibility import ValidationRules
from cloud.ingest.quarantine import end_expired_quarantines
from cloud.ingest.sources.message_source import BatchLimits, MessageSource
from cloud.ingest.validate import DEFAULT_RULES, IsListed, ValidationResult, validate
from wire import envelope
from wire.ack import Ack
from wire.topics import Channel, DeviceAddress

log = logging.getLogger(__name__)

RETRY_S: Final = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
LOG_EVERY_ATTEMPTS: Final = 12  # attempts: about once a minute
LONGEST_ACK_DELAY: Final = timedelta(seconds=1)
UNLISTED_LOG_INTERVAL: Final = timedelta(hours=1)
MOST_UNLISTED: Final = 1_000
QUARANTINE_CHECK_INTERVAL: Final = timedelta(minutes=1)
DATA_ERRORS: Final = (
    DataError,
    IntegrityError,
    OverflowError,
    UnicodeError,
)  # raised by the values of a message


class Consumer:
    """Moves messages from a source into the database."""

    def __init__(
        self,
        source: MessageSource,
        engine: Engine,
        *,
        is_listed: IsListed,
        clock: Callable[[], datetime],
        limits: BatchLimits = BatchLimits(),  # noqa: B008  frozen
        rules: ValidationRules = DEFAULT_RULES,
        limit: DeadLetterLimits = DeadLetterLimits(),  # noqa: B008  frozen
        stopping: threading.Event | None = None,
    ) -> None:
        self._source = source
        self._engine = engine
        self._validate = partial(validate, is_listed=is_listed, rules=rules)
        self._rules = rules
        self._clock = clock
        self._limits = limits
        self._budget = DeadLetterBudget(limit)
        self._stopping = stopping or threading.Event()
        self._pending_acks: dict[tuple[DeviceAddress, str], Ack] = {}
        self._acknowledged_at = clock()
        self._checked_quarantine_at = clock()
        self._withheld: Counter[Key] = Counter()
        self._unlisted: dict[DeviceAddress, datetime] = {}

    def step(self) -> CommitResult | None:
        """Process one batch; None when there was none or the database stayed unavailable."""
        deliveries = self._source.receive(self._limits)
        now = self._clock()
        self._check_quarantine(now)
        if not deliveries:
            self._send_acks(now)
            return None
        results = [
            result for delivery in deliveries for result in self._validate(delivery, now=now)
        ]
        outcome = self._commit(results, now)
        if outcome is None:
            return None
        self._source.acknowledge(deliveries)
        self._pending_acks.update(((address, ack.journal), ack) for address, ack in outcome.acks)
        if (
            len(deliveries) < self._limits.messages
            or now - self._acknowledged_at >= LONGEST_ACK_DELAY
        ):
            self._send_acks(now)
        if outcome.lost:
            log.warning("streams.lost", extra={"reports": outcome.lost, "see": "streams losses"})
        self._withheld += outcome.withheld
        self._log_unlisted(outcome, now)
        for (location, device), reason in outcome.quarantined:
            where = {"location": location, "device": device}
            log.error("device.quarantined", extra={**where, "reason": reason})
        return outcome

    def finish(self) -> None:
        """Send pending acknowledgements and close the source."""
        self._send_acks(self._clock())
        self._source.close()

    def _send_acks(self, now: datetime) -> None:
        """Acknowledge to each device; once a second under load, because it is cumulative."""
        for (address, _), ack in self._pending_acks.items():
            if ack.through:
                payload = envelope.encode_event(envelope.ack_event(ack, address))
                self._source.send(address.topic(Channel.ACK), payload)
        self._pending_acks.clear()
        self._acknowledged_at = now

    def _commit(self, results: Sequence[ValidationResult], now: datetime) -> CommitResult | None:
        for attempt in count():
            try:
                return commit(self._engine, results, now, rules=self._rules, budget=self._budget)
            except DATA_ERRORS as error:
                return self._commit_halves(results, error, now)
            except DBAPIError as error:
                if not is_passing(error):
                    raise
                self._log_unavailable(attempt, error)
                if self._engine.dialect.name == "sqlite":  # one opened read-only stays so
                    self._engine.dispose()
            if self._stopping.wait(RETRY_S[min(attempt, len(RETRY_S) - 1)]):
                return None
        raise AssertionError("count() has no end")

    def _commit_halves(
        self, results: Sequence[ValidationResult], error: Exception, now: datetime
    ) -> CommitResult | None:
        """Commit halves until the message that the database refuses is alone."""
        whole = CommitResult()
        for part in _halves(results, error):
            outcome = self._commit(part, now)
            if outcome is None:
                return None
            whole.absorb(outcome)
        return whole

    def _log_unavailable(self, attempt: int, error: DBAPIError) -> None:
        level = logging.WARNING if attempt % LOG_EVERY_ATTEMPTS == 3 else logging.DEBUG
        log.log(
            level, "database.unavailable", extra={"attempt": attempt, "reason": failure_of(error)}
        )

    def _log_unlisted(self, outcome: CommitResult, now: datetime) -> None:
        """Log each camera that the sites file does not list, once an hour."""
        for dead_letter in outcome.dead_letters:
            if dead_letter.kind is not DeadLetterKind.UNKNOWN or dead_letter.address is None:
                continue
            if now < self._unlisted.get(dead_letter.address, now):
                continue
            if len(self._unlisted) >= MOST_UNLISTED:
                self._unlisted.clear()
            self._unlisted[dead_letter.address] = now + UNLISTED_LOG_INTERVAL
            where = {"location": dead_letter.address.location, "device": dead_letter.address.device}
            log.warning("camera.unlisted", extra={**where, "reason": dead_letter.reason})

    def _check_quarantine(self, now: datetime) -> None:
        """Once a minute: end expired quarantines and log how many messages were not kept."""
        if now < self._checked_quarantine_at:
            return
        self._checked_quarantine_at = now + QUARANTINE_CHECK_INTERVAL
        for (location, device), messages in self._withheld.items():
            where = {"location": location, "device": device, "messages": messages}
            log.warning("dead_letters.not_kept", extra=where)
        self._withheld.clear()
        try:
            with writing(self._engine) as connection:
                ended = end_expired_quarantines(connection, now, self._budget.limit.quiet)
        except DBAPIError as error:
            if not is_passing(error):
                raise
            return  # the next commit logs it
        if ended:
            log.info("quarantine.ended", extra={"devices": ended})


def _halves(
    results: Sequence[ValidationResult], error: Exception
) -> Sequence[Sequence[ValidationResult]]:
    """Two halves, or the dead letter of a single result.

    Raises:
        Exception: `error`, when the database refuses the dead letter too.
    """
    if len(results) > 1:
        middle = len(results) // 2
        return results[:middle], results[middle:]
    if isinstance(results[0], DeadLetter) and results[0].kind is DeadLetterKind.UNSTORABLE:
        raise error
    return (
        [
            results[0].as_dead_letter(
                DeadLetterKind.UNSTORABLE, f"the database refuses it: {_reason_of(error)}"
            )
        ],
    )


def _reason_of(error: Exception) -> str:
    """The reason without statement, parameters or rows."""
    return failure_of(error) if isinstance(error, DBAPIError) else type(error).__name__
