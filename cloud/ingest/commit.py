"""One transaction per batch: remember, count, keep, advance. All of it happens or none.

Only after it has happened is anything acknowledged, so whatever dies in between, the devices send
again, and what was committed is known to be a duplicate.

A heartbeat says below which number its camera has forgotten everything. What the database misses
there was lost with an older copy and never comes: it is written down as lost and settled, or the
camera would wait for ever to be told that what it still holds is safe.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Engine

from cloud.database import writing
from cloud.database.rollups import counting
from cloud.ingest import letters, notes, rollup, store
from cloud.ingest.journals import JournalKey, Journals
from cloud.ingest.judge import DeadLetter, Finding, Identity, Kind, Note, Sound
from cloud.ingest.settled import Standing
from cloud.ingest.tallies import Tallies
from wire.ack import Ack
from wire.health import Heartbeat
from wire.scalars import DeviceId, JournalId
from wire.topics import Address

OVERLAPPING: Final = "part of its sequences is counted already, and sums cannot be split"
SCATTERED: Final = "too many gaps lie before it: the camera must send what is missing first"


@dataclass(slots=True)
class Outcome:
    """What became of a batch."""

    counted: list[Sound] = field(default_factory=list)
    duplicates: int = 0
    notes: int = 0
    letters: list[DeadLetter] = field(default_factory=list)
    new_letters: int = 0
    lost: int = 0
    acks: list[tuple[Address, Ack]] = field(default_factory=list)

    def absorb(self, later: "Outcome") -> None:
        """Add what became of a later part of the same batch."""
        self.counted += later.counted
        self.duplicates += later.duplicates
        self.notes += later.notes
        self.letters += later.letters
        self.new_letters += later.new_letters
        self.lost += later.lost
        self.acks += later.acks


def commit(engine: Engine, findings: Sequence[Finding], now: datetime) -> Outcome:
    """Commit the findings and say what to acknowledge."""
    with writing(engine) as connection:
        return commit_within(connection, findings, now)


def commit_within(connection: Connection, findings: Sequence[Finding], now: datetime) -> Outcome:
    """The same as a part of a transaction that somebody else ends."""
    return _Batch(connection, findings, now).run()


class _Batch:
    """The findings of one transaction on their way."""

    def __init__(self, connection: Connection, findings: Sequence[Finding], now: datetime) -> None:
        self._connection = connection
        self._findings = findings
        self._now = now
        self._addresses = {
            (which.address.device, which.journal): which.address
            for which in filter(None, map(_settled_by, findings))
        }
        self._forgotten = _forgotten(findings)
        addresses = self._addresses | {key: at for key, (at, _) in self._forgotten.items()}
        places = {key: address.location for key, address in addresses.items()}
        self._journals = Journals(connection, places, now)
        self._set_aside: list[tuple[DeadLetter, bool]] = []
        self._notes: list[Note] = []
        self._outcome = Outcome()

    def run(self) -> Outcome:
        """Judge each against what is settled, then write."""
        for finding in self._findings:
            match finding:
                case Sound():
                    self._count(finding)
                case DeadLetter():
                    self._refuse(finding)
                case Note():
                    self._notes.append(finding)
        self._close_gaps()
        self._write()
        return self._outcome

    def _count(self, sound: Sound) -> None:
        match self._settle(sound.identity):
            case Standing.NEW:
                self._outcome.counted.append(sound)
            case Standing.DUPLICATE:
                self._outcome.duplicates += 1
            case Standing.OVERLAP:
                self._set_aside.append((sound.set_aside(Kind.OVERLAP, OVERLAPPING), False))
            case Standing.SCATTERED:
                self._set_aside.append((sound.set_aside(Kind.SCATTERED, SCATTERED), False))

    def _refuse(self, letter: DeadLetter) -> None:
        which = letter.settles
        claims = which is not None and self._settle(which) is Standing.NEW
        self._set_aside.append((letter, claims))

    def _close_gaps(self) -> None:
        """After the reports of the batch: one that is here is not lost."""
        for key, (address, sequence) in self._forgotten.items():
            if self._journals.close_below(key, sequence):
                self._addresses[key] = address
        self._outcome.lost = self._journals.lost

    def _settle(self, which: Identity) -> Standing:
        key = (which.address.device, which.journal)
        return self._journals.settle(key, which.first, which.last)

    def _write(self) -> None:
        outcome, now = self._outcome, self._now
        tallies = Tallies()
        for sound in outcome.counted:
            tallies.add(sound.report)
        lane = counting(self._connection)  # before any report has a number
        store.add(self._connection, tallies, now)
        store.keep(self._connection, [sound.report for sound in outcome.counted], now)
        self._journals.save()
        notes.keep(self._connection, self._notes, now)
        outcome.notes = len(self._notes)
        outcome.new_letters = letters.set_aside(self._connection, self._set_aside, now)
        outcome.letters = [letter for letter, _ in self._set_aside]
        rollup.add(self._connection, tallies, lane)
        outcome.acks = [
            (address, Ack(device=DeviceId(device), journal=JournalId(journal),
                          through=self._journals.through((device, journal)), at=now))
            for (device, journal), address in self._addresses.items()
        ]  # fmt: skip


def _forgotten(findings: Sequence[Finding]) -> dict[JournalKey, tuple[Address, int]]:
    """The number below which each camera holds nothing any more, where it said so."""
    below: dict[JournalKey, tuple[Address, int]] = {}
    for finding in findings:
        if isinstance(finding, Note) and isinstance(finding.about, Heartbeat):
            address, beat = finding.address, finding.about
            key, sequence = (address.device, beat.journal), beat.oldest_sequence or 1
            if sequence > below.get(key, (address, 1))[1]:
                below[key] = (address, sequence)
    return below


def _settled_by(finding: Finding) -> Identity | None:
    match finding:
        case Sound():
            return finding.identity
        case DeadLetter():
            return finding.settles
        case Note():
            return None
