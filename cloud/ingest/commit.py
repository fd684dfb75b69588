"""One transaction per batch: remember, count, keep, advance. All of it happens or none.

Only after it has happened is anything acknowledged, so whatever dies in between, the devices send
again, and what was committed is known to be a duplicate. A message that fails validation is settled
only when it was parsed and is kept: what is neither counted nor kept stays with its device. One
exception: a report that cannot be read, while later ones of its stream are counted, would hold up
its camera for ever. Its numbers are written down as lost, its dead letter is kept; should it ever
be readable, it is counted after all. The other exception: of a device of which no further dead
letters are kept, the numbers of those reports are written down as lost.

A heartbeat says below which number its camera has forgotten everything. What the database misses
there was lost with an older copy and never comes: it is written down as lost and settled, or the
camera would wait for ever to be told that what it still holds is safe.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Engine

from cloud.database import writing
from cloud.database.rollups import lock_for_counting
from cloud.ingest import dead_letters, device_status, report_store, venue_sums
from cloud.ingest.dead_letter_budget import BudgetDraft, DeadLetterBudget, Key
from cloud.ingest.duplicates import REUSED, DuplicateCheck, RepeatKind, remove_from_losses
from cloud.ingest.minute_sums import MinuteSums
from cloud.ingest.plausibility import ValidationRules
from cloud.ingest.quarantine import Admission, Quarantine
from cloud.ingest.received_ranges import SequenceStatus
from cloud.ingest.sequences import ReportStreams, StreamKey
from cloud.ingest.validate import (
    DEFAULT_RULES,
    DeadLetter,
    DeadLetterKind,
    DeviceMessage,
    ReportIdentity,
    ValidationResult,
    ValidReport,
    topic_address,
)
from wire.ack import Ack
from wire.health import Heartbeat
from wire.scalars import DeviceId, JournalId
from wire.topics import DeviceAddress

OVERLAPPING: Final = "part of its sequences is counted already, and sums cannot be split"
SETTLED_BY_LETTER: Final = (SequenceStatus.NEW, SequenceStatus.OVERLAP)
SCATTERED: Final = "too many gaps lie before it: the camera must send what is missing first"


@dataclass(slots=True)
class CommitResult:
    """What became of a batch."""

    counted: list[ValidReport] = field(default_factory=list)
    duplicates: int = 0
    notes: int = 0
    dead_letters: list[DeadLetter] = field(default_factory=list)
    new_dead_letters: int = 0
    lost: int = 0
    acks: list[tuple[DeviceAddress, Ack]] = field(default_factory=list)
    withheld: Counter[Key] = field(default_factory=Counter)
    """Messages that failed validation and are not kept, by device."""
    quarantined: list[tuple[Key, str]] = field(default_factory=list)
    """Devices quarantined with this batch, each with the reason."""

    def absorb(self, later: "CommitResult") -> None:
        """Add what became of a later part of the same batch."""
        self.counted += later.counted
        self.duplicates += later.duplicates
        self.notes += later.notes
        self.dead_letters += later.dead_letters
        self.new_dead_letters += later.new_dead_letters
        self.lost += later.lost
        self.acks += later.acks
        self.withheld += later.withheld
        self.quarantined += later.quarantined


def commit(
    engine: Engine,
    findings: Sequence[ValidationResult],
    now: datetime,
    *,
    rules: ValidationRules = DEFAULT_RULES,
    budget: DeadLetterBudget | None = None,
) -> CommitResult:
    """Commit the findings and say what to acknowledge. Without a budget all letters are kept."""
    draft = budget.draft(now) if budget else None
    with writing(engine) as connection:
        outcome = _Batch(connection, findings, now, rules, draft).run()
    if draft is not None:
        draft.save()
    return outcome


def commit_within(
    connection: Connection,
    findings: Sequence[ValidationResult],
    now: datetime,
    rules: ValidationRules = DEFAULT_RULES,
) -> CommitResult:
    """The same as a part of a transaction that somebody else ends."""
    return _Batch(connection, findings, now, rules, None).run()


class _Batch:
    """The findings of one transaction on their way."""

    def __init__(
        self,
        connection: Connection,
        findings: Sequence[ValidationResult],
        now: datetime,
        rules: ValidationRules,
        draft: BudgetDraft | None,
    ) -> None:
        self._connection = connection
        self._findings = findings
        self._now = now
        self._addresses = _addresses(findings)
        self._beats = _beats(findings)
        places = {key: min(one.location for one in at) for key, at in self._addresses.items()}
        places |= {key: note.address.location for key, (note, _) in self._beats.items()}
        self._streams = ReportStreams(connection, places, now, rules)
        failed = [one for one in findings if isinstance(one, DeadLetter)]
        self._quarantine = Quarantine(connection, draft, failed, now) if draft else None
        self._kept: list[tuple[DeadLetter, bool]] = []
        self._notes: list[DeviceMessage] = []
        self._again: list[ValidReport] = []
        self._outcome = CommitResult()

    def run(self) -> CommitResult:
        """Judge each against what is settled, then write."""
        for finding in self._findings:
            match finding:
                case ValidReport():
                    self._count(finding)
                case DeadLetter():
                    self._refuse(finding)
                case DeviceMessage():
                    self._note(finding)
        self._compare()
        self._close_gaps()
        self._write()
        return self._outcome

    def _count(self, sound: ValidReport) -> None:
        which, key, ends_at = sound.identity, _stream_key(sound.identity), sound.report.ends_at
        if reason := self._streams.implausible_sequence(key, which.last, ends_at):
            self._keep(sound.as_dead_letter(DeadLetterKind.SEQUENCE, reason))
            return
        match self._streams.status(key, which.first, which.last):
            case SequenceStatus.NEW:
                self._streams.acknowledge(key, which.first, which.last, ends_at)
                self._outcome.counted.append(sound)
            case SequenceStatus.DUPLICATE:
                self._again.append(sound)
            case SequenceStatus.OVERLAP:
                self._settle(
                    key,
                    which,
                    self._keep(sound.as_dead_letter(DeadLetterKind.OVERLAP, OVERLAPPING)),
                )
            case SequenceStatus.SCATTERED:
                self._keep(sound.as_dead_letter(DeadLetterKind.SCATTERED, SCATTERED))

    def _refuse(self, letter: DeadLetter) -> None:
        which = letter.acknowledges
        if which is None:
            is_settled_by_loss = self._keep(letter) is not Admission.NOT_NOW
            if is_settled_by_loss and letter.kind is DeadLetterKind.UNREADABLE and letter.identity:
                which = letter.identity
                self._streams.mark_unreadable_lost(_stream_key(which), which.first, which.last)
            return
        key = _stream_key(which)
        if reason := self._streams.implausible_sequence(key, which.last, self._now):
            self._keep(
                letter.as_dead_letter(DeadLetterKind.SEQUENCE, f"{reason}; and it {letter.reason}")
            )
            return
        standing = self._streams.status(key, which.first, which.last)
        admission = self._keep(letter, claims=standing is SequenceStatus.NEW)
        if standing in SETTLED_BY_LETTER:
            self._settle(key, which, admission)

    def _keep(self, letter: DeadLetter, *, claims: bool = False) -> Admission:
        """Keep a letter, if its device's budget allows it."""
        if self._quarantine is not None:
            admission = self._quarantine.admit(letter)
            if admission is not Admission.KEPT:
                return admission
        self._kept.append((letter, claims))
        return Admission.KEPT

    def _settle(self, key: StreamKey, which: ReportIdentity, admission: Admission) -> None:
        """Settle the numbers of a report by its dead letter, or by writing them down as lost."""
        if admission is Admission.KEPT:
            self._streams.acknowledge(key, which.first, which.last)
        elif admission is Admission.FULL:
            self._streams.settle_as_lost(key, which.first, which.last)

    def _note(self, note: DeviceMessage) -> None:
        """A heartbeat speaks of its stream's numbers, and is believed only within bounds."""
        about = note.about
        key = _beat(note, about) if isinstance(about, Heartbeat) else None
        if isinstance(about, Heartbeat) and key in self._beats:
            last = max(about.oldest_sequence or 1, about.next_sequence) - 1
            if reason := self._streams.implausible_sequence(key, last, about.sent_at):
                del self._beats[key]
                self._keep(note.as_dead_letter(DeadLetterKind.SEQUENCE, reason))
                return
        self._notes.append(note)

    def _compare(self) -> None:
        """What the reports are whose numbers are settled already."""
        if not self._again:
            return
        duplicates = DuplicateCheck(self._connection, self._again)
        for sound in self._again:
            match duplicates.kind(sound, self._outcome.counted):
                case RepeatKind.SAME:
                    self._outcome.duplicates += 1
                case RepeatKind.REUSED:
                    self._keep(sound.as_dead_letter(DeadLetterKind.SEQUENCE_REUSED, REUSED))
                case RepeatKind.LOST:
                    remove_from_losses(self._connection, sound)
                    self._outcome.counted.append(sound)

    def _close_gaps(self) -> None:
        """After the reports of the batch: one that is here is not lost."""
        for key, (note, sequence) in self._beats.items():
            if self._streams.close_gaps_below(key, sequence):
                self._addresses.setdefault(key, set()).add(note.address)
        self._outcome.lost = self._streams.lost

    def _write(self) -> None:
        outcome, now = self._outcome, self._now
        tallies = MinuteSums()
        for sound in outcome.counted:
            tallies.add(sound.report)
        lane = lock_for_counting(self._connection)  # before any report has a number
        report_store.add_sums(self._connection, tallies, now)
        report_store.write_reports(
            self._connection, [sound.report for sound in outcome.counted], now
        )
        self._streams.save()
        device_status.write_device_messages(self._connection, self._notes, now)
        outcome.notes = len(self._notes)
        outcome.new_dead_letters = dead_letters.write_dead_letters(
            self._connection, self._kept, now
        )
        outcome.dead_letters = [letter for letter, _ in self._kept]
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


def _addresses(findings: Sequence[ValidationResult]) -> dict[StreamKey, set[DeviceAddress]]:
    """Where each device listens: at the address that it used, and at its location's present one."""
    found: dict[StreamKey, set[DeviceAddress]] = {}
    for finding in findings:
        match finding:
            case ValidReport():
                which = finding.identity
            case DeadLetter(acknowledges=ReportIdentity() as which):
                pass
            case _:
                continue
        heard_at = {which.address, topic_address(finding.topic)}
        found.setdefault(_stream_key(which), set()).update(heard_at)
    return found


def _beats(findings: Sequence[ValidationResult]) -> dict[StreamKey, tuple[DeviceMessage, int]]:
    """Below which number each camera holds nothing any more, with the heartbeat that says so."""
    below: dict[StreamKey, tuple[DeviceMessage, int]] = {}
    for finding in findings:
        if isinstance(finding, DeviceMessage) and isinstance(finding.about, Heartbeat):
            beat = finding.about
            key, sequence = _beat(finding, beat), beat.oldest_sequence or 1
            if sequence > below.get(key, (finding, 1))[1]:
                below[key] = (finding, sequence)
    return below


def _beat(note: DeviceMessage, beat: Heartbeat) -> StreamKey:
    return note.address.device, beat.journal


def _stream_key(which: ReportIdentity) -> StreamKey:
    return which.address.device, which.stream_id
