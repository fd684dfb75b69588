"""Commit a batch in one transaction: reports, their sums, dead letters and acknowledged numbers.

Nothing is acknowledged before the commit. After a failure in between the devices send again, and
committed reports are recognised as duplicates. A message that fails validation is acknowledged
only when it was parsed and its dead letter is stored; otherwise it stays with its device.

Two exceptions keep a stream from being blocked. An unreadable report is recorded as lost when later
reports of its stream are counted; its dead letter is stored, and a readable copy is counted later.
When no further dead letters of a device are stored, those numbers are recorded as lost.

A heartbeat names the oldest sequence number that its camera still holds. Reports below it that this
database does not have will not arrive (the database was restored from an older copy): their numbers
are recorded as lost and acknowledged, so that the camera's later reports can be.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Engine

from cloud.database import writing
from cloud.database.rollups import lock_for_counting
from cloud.ingest import dead_letter_store, device_hours, device_status, report_store, venue_sums
from cloud.ingest.dead_letter_budget import BudgetDraft, DeadLetterBudget, Key
from cloud.ingest.dead_letters import DeadLetter, DeadLetterKind, ReportIdentity
from cloud.ingest.duplicates import REUSED, DuplicateCheck, RepeatKind, remove_from_losses
from cloud.ingest.minute_sums import MinuteSums
from cloud.ingest.plausibility import ValidationRules
from cloud.ingest.quarantine import Admission, Quarantine
from cloud.ingest.receipts.received import store_receipts
from cloud.ingest.received_ranges import SequenceStatus
from cloud.ingest.sequences import ReportStreams, StreamKey
from cloud.ingest.validate import (
    DEFAULT_RULES,
    DeviceMessage,
    ValidationResult,
    ValidReport,
    topic_address,
)
from wire.ack import Ack
from wire.health import Heartbeat
from wire.scalars import DeviceId, JournalId
from wire.topics import DeviceAddress

OVERLAPPING: Final = "part of its sequences is counted already, and sums cannot be split"
ACKNOWLEDGED_BY_DEAD_LETTER: Final = (SequenceStatus.NEW, SequenceStatus.OVERLAP)
SCATTERED: Final = "too many gaps lie before it: the camera must send what is missing first"


@dataclass(slots=True)
class CommitResult:
    """The result of one batch."""

    counted: list[ValidReport] = field(default_factory=list)
    duplicates: int = 0
    device_messages: int = 0
    dead_letters: list[DeadLetter] = field(default_factory=list)
    new_dead_letters: int = 0
    lost: int = 0
    acks: list[tuple[DeviceAddress, Ack]] = field(default_factory=list)
    withheld: Counter[Key] = field(default_factory=Counter)
    """Messages that failed validation and are not stored, by device."""
    quarantined: list[tuple[Key, str]] = field(default_factory=list)
    """Devices quarantined with this batch, each with the reason."""

    def absorb(self, later: "CommitResult") -> None:
        """Add the result of a later part of the same batch."""
        self.counted += later.counted
        self.duplicates += later.duplicates
        self.device_messages += later.device_messages
        self.dead_letters += later.dead_letters
        self.new_dead_letters += later.new_dead_letters
        self.lost += later.lost
        self.acks += later.acks
        self.withheld += later.withheld
        self.quarantined += later.quarantined


def commit(
    engine: Engine,
    results: Sequence[ValidationResult],
    now: datetime,
    *,
    rules: ValidationRules = DEFAULT_RULES,
    budget: DeadLetterBudget | None = None,
) -> CommitResult:
    """Commit the results; without a budget, all dead letters are stored."""
    draft = budget.draft(now) if budget else None
    with writing(engine) as connection:
        outcome = _Batch(connection, results, now, rules, draft).run()
    if draft is not None:
        draft.save()
    return outcome


def commit_within(
    connection: Connection,
    results: Sequence[ValidationResult],
    now: datetime,
    rules: ValidationRules = DEFAULT_RULES,
) -> CommitResult:
    """Commit the results within the transaction of the caller."""
    return _Batch(connection, results, now, rules, None).run()


class _Batch:
    """The state of one transaction."""

    def __init__(
        self,
        connection: Connection,
        results: Sequence[ValidationResult],
        now: datetime,
        rules: ValidationRules,
        draft: BudgetDraft | None,
    ) -> None:
        self._connection = connection
        self._results = results
        self._now = now
        self._addresses = _addresses(results)
        self._heartbeats = _heartbeats(results)
        locations = {key: min(one.location for one in at) for key, at in self._addresses.items()}
        locations |= {
            key: message.address.location for key, (message, _) in self._heartbeats.items()
        }
        self._streams = ReportStreams(connection, locations, now, rules)
        failed = [one for one in results if isinstance(one, DeadLetter)]
        self._quarantine = Quarantine(connection, draft, failed, now) if draft else None
        self._admitted: list[tuple[DeadLetter, bool]] = []
        self._messages: list[DeviceMessage] = []
        self._repeated: list[ValidReport] = []
        self._outcome = CommitResult()

    def run(self) -> CommitResult:
        """Compare each result with what is acknowledged, then write."""
        for result in self._results:
            match result:
                case ValidReport():
                    self._count(result)
                case DeadLetter():
                    self._reject(result)
                case DeviceMessage():
                    self._receive_message(result)
        self._compare()
        self._close_gaps()
        self._write()
        return self._outcome

    def _count(self, valid: ValidReport) -> None:
        identity, key, ends_at = valid.identity, _stream_key(valid.identity), valid.report.ends_at
        if reason := self._streams.implausible_sequence(key, identity.last, ends_at):
            self._keep(valid.as_dead_letter(DeadLetterKind.SEQUENCE, reason))
            return
        match self._streams.status(key, identity.first, identity.last):
            case SequenceStatus.NEW:
                self._streams.acknowledge(key, identity.first, identity.last, ends_at)
                self._outcome.counted.append(valid)
            case SequenceStatus.DUPLICATE:
                self._repeated.append(valid)
            case SequenceStatus.OVERLAP:
                self._acknowledge(
                    key,
                    identity,
                    self._keep(valid.as_dead_letter(DeadLetterKind.OVERLAP, OVERLAPPING)),
                )
            case SequenceStatus.SCATTERED:
                self._keep(valid.as_dead_letter(DeadLetterKind.SCATTERED, SCATTERED))

    def _reject(self, dead_letter: DeadLetter) -> None:
        identity = dead_letter.acknowledges
        if identity is None:
            is_settled_by_loss = self._keep(dead_letter) is not Admission.NOT_NOW
            if (
                is_settled_by_loss
                and dead_letter.kind is DeadLetterKind.UNREADABLE
                and dead_letter.identity
            ):
                identity = dead_letter.identity
                self._streams.mark_unreadable_lost(
                    _stream_key(identity), identity.first, identity.last
                )
            return
        key = _stream_key(identity)
        if reason := self._streams.implausible_sequence(key, identity.last, self._now):
            self._keep(
                dead_letter.as_dead_letter(
                    DeadLetterKind.SEQUENCE, f"{reason}; and it {dead_letter.reason}"
                )
            )
            return
        status = self._streams.status(key, identity.first, identity.last)
        admission = self._keep(dead_letter, claims=status is SequenceStatus.NEW)
        if status in ACKNOWLEDGED_BY_DEAD_LETTER:
            self._acknowledge(key, identity, admission)

    def _keep(self, dead_letter: DeadLetter, *, claims: bool = False) -> Admission:
        """Keep a dead letter, if the budget of its device allows it."""
        if self._quarantine is not None:
            admission = self._quarantine.admit(dead_letter)
            if admission is not Admission.STORED:
                return admission
        self._admitted.append((dead_letter, claims))
        return Admission.STORED

    def _acknowledge(self, key: StreamKey, identity: ReportIdentity, admission: Admission) -> None:
        """Acknowledge the numbers of a report by its dead letter, or by recording them as lost."""
        if admission is Admission.STORED:
            self._streams.acknowledge(key, identity.first, identity.last)
        elif admission is Admission.FULL:
            self._streams.acknowledge_as_lost(key, identity.first, identity.last)

    def _receive_message(self, message: DeviceMessage) -> None:
        """Accept a device message; the sequence numbers of a heartbeat must be plausible."""
        about = message.about
        key = _heartbeat_key(message, about) if isinstance(about, Heartbeat) else None
        if isinstance(about, Heartbeat) and key in self._heartbeats:
            last = max(about.oldest_sequence or 1, about.next_sequence) - 1
            if reason := self._streams.implausible_sequence(key, last, about.sent_at):
                del self._heartbeats[key]
                self._keep(message.as_dead_letter(DeadLetterKind.SEQUENCE, reason))
                return
        self._messages.append(message)

    def _compare(self) -> None:
        """Sort reports with acknowledged numbers into repeated, reused and recorded as lost."""
        if not self._repeated:
            return
        duplicates = DuplicateCheck(self._connection, self._repeated)
        for valid in self._repeated:
            match duplicates.kind(valid, self._outcome.counted):
                case RepeatKind.SAME:
                    self._outcome.duplicates += 1
                case RepeatKind.REUSED:
                    self._keep(valid.as_dead_letter(DeadLetterKind.SEQUENCE_REUSED, REUSED))
                case RepeatKind.LOST:
                    remove_from_losses(self._connection, valid)
                    self._outcome.counted.append(valid)

    def _close_gaps(self) -> None:
        """Close gaps below the oldest numbers of heartbeats, after the reports of the batch."""
        for key, (message, sequence) in self._heartbeats.items():
            if self._streams.close_gaps_below(key, sequence):
                self._addresses.setdefault(key, set()).add(message.address)
        self._outcome.lost = self._streams.lost

    def _write(self) -> None:
        outcome, now = self._outcome, self._now
        tallies = MinuteSums()
        for valid in outcome.counted:
            tallies.add(valid.report)
        lane = lock_for_counting(self._connection)  # before any report has a number
        report_store.add_sums(self._connection, tallies, now)
        report_store.write_reports(
            self._connection, [valid.report for valid in outcome.counted], now
        )
        store_receipts(
            self._connection,
            [(valid.report, valid.receipt) for valid in outcome.counted if valid.receipt],
            now,
        )
        self._streams.save()
        device_status.write_device_messages(self._connection, self._messages, now)
        device_hours.write_device_hours(self._connection, self._messages, now)
        outcome.device_messages = len(self._messages)
        outcome.new_dead_letters = dead_letter_store.write_dead_letters(
            self._connection, self._admitted, now
        )
        outcome.dead_letters = [dead_letter for dead_letter, _ in self._admitted]
        if self._quarantine is not None:
            self._quarantine.save()
            outcome.withheld = self._quarantine.withheld
            outcome.quarantined = self._quarantine.begun
        venue_sums.add_venue_sums(self._connection, tallies, lane)
        outcome.acks = [
            (address, Ack(device=DeviceId(device), journal=JournalId(stream_id),
                          through=self._streams.through((device, stream_id)), at=now))
            for (device, stream_id), addresses in self._addresses.items()
            for address in sorted(addresses, key=lambda one: one.location)
        ]  # fmt: skip


def _addresses(results: Sequence[ValidationResult]) -> dict[StreamKey, set[DeviceAddress]]:
    """Where acknowledgements go: the address that the device used, and its present one."""
    found: dict[StreamKey, set[DeviceAddress]] = {}
    for result in results:
        match result:
            case ValidReport():
                identity = result.identity
            case DeadLetter(acknowledges=ReportIdentity() as identity):
                pass
            case _:
                continue
        addresses_of = {identity.address, topic_address(result.topic)}
        found.setdefault(_stream_key(identity), set()).update(addresses_of)
    return found


def _heartbeats(results: Sequence[ValidationResult]) -> dict[StreamKey, tuple[DeviceMessage, int]]:
    """The oldest sequence number that each camera holds, with the heartbeat that names it."""
    below: dict[StreamKey, tuple[DeviceMessage, int]] = {}
    for result in results:
        if isinstance(result, DeviceMessage) and isinstance(result.about, Heartbeat):
            heartbeat = result.about
            key, sequence = _heartbeat_key(result, heartbeat), heartbeat.oldest_sequence or 1
            if sequence > below.get(key, (result, 1))[1]:
                below[key] = (result, sequence)
    return below


def _heartbeat_key(message: DeviceMessage, heartbeat: Heartbeat) -> StreamKey:
    return message.address.device, heartbeat.journal


def _stream_key(identity: ReportIdentity) -> StreamKey:
    return identity.address.device, identity.stream_id
