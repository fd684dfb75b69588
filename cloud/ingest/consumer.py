"""The consumer's turn: take a portion, judge it, commit it, acknowledge it, settle it.

A database that is busy, full or away is waited for; the broker and the devices hold what is not
committed. A message that the database refuses for what it says is set aside alone; a statement
that it does not understand is our own fault, and ends the program with nothing acknowledged. What
is kept of messages that fail validation has a budget, by device and in all; beyond it a device is
quarantined, and nothing that devices send ends the program.
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
from cloud.ingest.plausibility import ValidationRules
from cloud.ingest.quarantine import end_expired_quarantines
from cloud.ingest.sources.base import BatchLimits, Source
from cloud.ingest.validate import (
    DEFAULT_RULES,
    DeadLetter,
    DeadLetterKind,
    IsListed,
    ValidationResult,
    validate,
)
from wire import envelope
from wire.ack import Ack
from wire.topics import Channel, DeviceAddress

log = logging.getLogger(__name__)

RETRY_S: Final = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
SAID_EVERY: Final = 12  # attempts: about once a minute
LATEST_ACK: Final = timedelta(seconds=1)
UNLISTED_EVERY: Final = timedelta(hours=1)
MOST_UNLISTED: Final = 1_000
LOOK_EVERY: Final = timedelta(minutes=1)
REFUSED: Final = (DataError, IntegrityError, OverflowError, UnicodeError)  # for what it says


class Consumer:
    """Joins a source to a database."""

    def __init__(
        self,
        source: Source,
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
        self._judge = partial(validate, is_listed=is_listed, rules=rules)
        self._rules = rules
        self._clock = clock
        self._portion = limits
        self._budget = DeadLetterBudget(limit)
        self._stopping = stopping or threading.Event()
        self._owed: dict[tuple[DeviceAddress, str], Ack] = {}
        self._told_at = clock()
        self._look_at = clock()
        self._withheld: Counter[Key] = Counter()
        self._unlisted: dict[DeviceAddress, datetime] = {}

    def step(self) -> CommitResult | None:
        """One portion; None when there was nothing to do or the database stayed away."""
        deliveries = self._source.receive(self._portion)
        now = self._clock()
        self._look_at_quarantine(now)
        if not deliveries:
            self._tell(now)
            return None
        findings = [
            finding for delivery in deliveries for finding in self._judge(delivery, now=now)
        ]
        outcome = self._committed(findings, now)
        if outcome is None:
            return None
        self._source.acknowledge(deliveries)
        self._owed.update(((address, ack.journal), ack) for address, ack in outcome.acks)
        if len(deliveries) < self._portion.messages or now - self._told_at >= LATEST_ACK:
            self._tell(now)
        if outcome.lost:
            log.warning("streams.lost", extra={"reports": outcome.lost, "see": "streams losses"})
        self._withheld += outcome.withheld
        self._tell_unlisted(outcome, now)
        for (location, device), reason in outcome.quarantined:
            where = {"location": location, "device": device}
            log.error("device.quarantined", extra={**where, "reason": reason})
        return outcome

    def finish(self) -> None:
        """Say what is still owed and leave the source."""
        self._tell(self._clock())
        self._source.close()

    def _tell(self, now: datetime) -> None:
        """Acknowledge to each device; in a flood once a second is enough: it is cumulative."""
        for (address, _), ack in self._owed.items():
            if ack.through:
                payload = envelope.encode_event(envelope.ack_event(ack, address))
                self._source.send(address.topic(Channel.ACK), payload)
        self._owed.clear()
        self._told_at = now

    def _committed(
        self, findings: Sequence[ValidationResult], now: datetime
    ) -> CommitResult | None:
        for attempt in count():
            try:
                return commit(self._engine, findings, now, rules=self._rules, budget=self._budget)
            except REFUSED as error:
                return self._divided(findings, error, now)
            except DBAPIError as error:
                if not is_passing(error):
                    raise
                self._say_away(attempt, error)
                if self._engine.dialect.name == "sqlite":  # one opened read-only stays so
                    self._engine.dispose()
            if self._stopping.wait(RETRY_S[min(attempt, len(RETRY_S) - 1)]):
                return None
        raise AssertionError("count() has no end")

    def _divided(
        self, findings: Sequence[ValidationResult], error: Exception, now: datetime
    ) -> CommitResult | None:
        """Close in on the one that the database refuses, and set it aside."""
        whole = CommitResult()
        for part in _smaller(findings, error):
            outcome = self._committed(part, now)
            if outcome is None:
                return None
            whole.absorb(outcome)
        return whole

    def _say_away(self, attempt: int, error: DBAPIError) -> None:
        level = logging.WARNING if attempt % SAID_EVERY == 3 else logging.DEBUG
        log.log(level, "database.away", extra={"attempt": attempt, "reason": failure_of(error)})

    def _tell_unlisted(self, outcome: CommitResult, now: datetime) -> None:
        """Name each camera that the sites file does not list, once an hour."""
        for letter in outcome.dead_letters:
            if letter.kind is not DeadLetterKind.UNKNOWN or letter.address is None:
                continue
            if now < self._unlisted.get(letter.address, now):
                continue
            if len(self._unlisted) >= MOST_UNLISTED:
                self._unlisted.clear()
            self._unlisted[letter.address] = now + UNLISTED_EVERY
            where = {"location": letter.address.location, "device": letter.address.device}
            log.warning("camera.unlisted", extra={**where, "reason": letter.reason})

    def _look_at_quarantine(self, now: datetime) -> None:
        """Once a minute: end what has been quiet, and say what was not kept."""
        if now < self._look_at:
            return
        self._look_at = now + LOOK_EVERY
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
            return  # the next commit says so
        if ended:
            log.info("quarantine.ended", extra={"devices": ended})


def _smaller(
    findings: Sequence[ValidationResult], error: Exception
) -> Sequence[Sequence[ValidationResult]]:
    """Two halves; of a single finding, its dead letter; and what is neither is our own fault."""
    if len(findings) > 1:
        middle = len(findings) // 2
        return findings[:middle], findings[middle:]
    if isinstance(findings[0], DeadLetter) and findings[0].kind is DeadLetterKind.UNSTORABLE:
        raise error
    return (
        [
            findings[0].as_dead_letter(
                DeadLetterKind.UNSTORABLE, f"the database refuses it: {_why(error)}"
            )
        ],
    )


def _why(error: Exception) -> str:
    """Without statement, parameters or rows."""
    return failure_of(error) if isinstance(error, DBAPIError) else type(error).__name__
