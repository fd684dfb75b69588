"""Devices that send too many messages which fail validation: counted, and kept no longer.

A quarantined device goes on: its valid reports are counted and acknowledged like any other. Only
its failing messages are not kept one by one, and what is not kept is not acknowledged, so the
device holds it, sends it again, and sends no more than a window of reports beyond it. Reports that
were parsed are therefore kept on at the steady rate of the budget: the device gets past them. When
`Limit.kept_per_device` dead letters are kept, the numbers of further ones are recorded as lost and
acknowledged, so that the reports behind them are counted. The quarantine ends when nothing has been
withheld for `Limit.quiet`, or by `python -m cloud dead-letters release`. Alert rules read the table
`quarantined_devices`.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Any, Final

from sqlalchemy import Connection, Row, func, select, tuple_

from cloud.database import dead_letters, insert, quarantined_devices
from cloud.ingest.dead_letter_budget import COSTS, IN_ALL, PARSED_COSTS, UNLISTED, BudgetDraft, Key
from cloud.ingest.dead_letters import digest_of, known_digests, printable
from cloud.ingest.validate import DeadLetter, DeadLetterKind

LONGEST_REASON: Final = 500
CHUNK: Final = 400


class Admission(Enum):
    """Whether a dead letter is kept."""

    KEPT = auto()
    NOT_NOW = auto()  # a budget is spent, and comes back: the device sends the message again
    FULL = auto()  # so many letters of the device are kept that no further one is


@dataclass(frozen=True, slots=True)
class QuarantineState:
    """A row of the table."""

    since_at: datetime
    last_at: datetime
    messages: int
    reason: str
    ended_at: datetime | None = None


class Quarantine:
    """Decides for one transaction which dead letters are kept."""

    def __init__(
        self,
        connection: Connection,
        draft: BudgetDraft,
        failed: Iterable[DeadLetter],
        now: datetime,
    ) -> None:
        self._connection = connection
        self._draft = draft
        self._now = now
        first = list(failed)
        keys = {key for key in map(budget_key, first) if key != UNLISTED}
        self._standings: dict[Key, QuarantineState | None] = _standings(connection, keys)
        self._kept = _kept_of(connection, keys)
        self._known = known_digests(connection, map(digest_of, first))
        self._changed: set[Key] = set()
        self.begun: list[tuple[Key, str]] = []
        """Devices quarantined in this transaction, each with the reason."""
        self.withheld: Counter[Key] = Counter()
        """Messages that are not kept, by device."""

    def admit(self, letter: DeadLetter) -> Admission:
        """Whether the letter is kept; the device's quarantine begins when its budget is spent."""
        key = budget_key(letter)
        is_in = self._is_in(key)
        if is_in and letter.acknowledges is None:
            self._withhold(key)
            return self._not_kept(key)
        digest = digest_of(letter)
        if digest in self._known or self._is_known(digest):
            return Admission.KEPT
        if why := self._refusal(key, letter):
            if is_in:
                self._withhold(key)
            else:
                self._begin(key, why, letter)
            return self._not_kept(key)
        if not self._draft.take(IN_ALL, _cost(letter)):
            self.withheld[IN_ALL] += 1
            return Admission.NOT_NOW
        self._known.add(digest)
        self._kept[key] += 1
        return Admission.KEPT

    def save(self) -> None:
        """Write what has changed."""
        for key in sorted(self._changed):
            standing = self._standings[key]
            assert standing is not None, "a device changes by being quarantined"
            _write(self._connection, key, standing)

    def _is_in(self, key: Key) -> bool:
        standing = self._standing(key)
        if standing is None or standing.ended_at is not None:
            return False
        if self._now - standing.last_at < self._draft.limit.quiet:
            return True
        self._standings[key] = replace(standing, ended_at=self._now)
        self._changed.add(key)
        self._draft.refill(key)
        return False

    def _is_full(self, key: Key) -> bool:
        return key != UNLISTED and self._kept[key] >= self._draft.limit.kept_per_device

    def _not_kept(self, key: Key) -> Admission:
        return Admission.FULL if self._is_full(key) else Admission.NOT_NOW

    def _refusal(self, key: Key, letter: DeadLetter) -> str | None:
        if self._is_full(key):
            return (
                f"{self._kept[key]} of its dead letters are kept, and no further one: look at "
                "them, then replay or delete them (`dead-letters delete`); the numbers of further "
                "ones are recorded as lost"
            )
        if self._draft.take(key, _cost(letter)) or self._is_released(key, letter):
            return None
        rate = self._draft.limit.per_device
        return (
            f"more messages failed validation than are kept of one device ({rate.burst:g}, and one "
            f"more every {rate.every.total_seconds():g} s)"
        )

    def _is_released(self, key: Key, letter: DeadLetter) -> bool:
        """Somebody released the device since it was quarantined: its budget begins anew, once."""
        standing = self._standing(key)
        if standing is None or standing.ended_at is None or key in self._changed:
            return False
        self._standings[key] = None
        self._draft.refill(key)
        return self._draft.take(key, _cost(letter))

    def _begin(self, key: Key, why: str, letter: DeadLetter) -> None:
        self.withheld[key] += 1
        if key == UNLISTED:
            return
        reason = f"{why}; the latest: {printable(letter.reason)}"[:LONGEST_REASON]
        self._standings[key] = QuarantineState(self._now, self._now, 1, reason)
        self._changed.add(key)
        self.begun.append((key, reason))

    def _withhold(self, key: Key) -> None:
        standing = self._standings[key]
        assert standing is not None, "only a quarantined device is withheld"
        self.withheld[key] += 1
        self._standings[key] = replace(standing, last_at=self._now, messages=standing.messages + 1)
        self._changed.add(key)

    def _standing(self, key: Key) -> QuarantineState | None:
        if key == UNLISTED:
            return None
        if key not in self._standings:
            self._standings |= _standings(self._connection, {key})
            self._kept |= _kept_of(self._connection, {key})
        return self._standings[key]

    def _is_known(self, digest: str) -> bool:
        found = known_digests(self._connection, [digest])
        self._known |= found
        return bool(found)


def end_expired_quarantines(connection: Connection, now: datetime, quiet: timedelta) -> int:
    """End the quarantine of devices that have been quiet for long enough; how many."""
    rows = quarantined_devices.c
    return connection.execute(
        quarantined_devices.update()
        .where(rows.ended_at.is_(None), rows.last_at <= now - quiet)
        .values(ended_at=now)
    ).rowcount


def release_device(connection: Connection, device: str, now: datetime) -> int:
    """End the quarantine of a device by hand; how many there were."""
    rows = quarantined_devices.c
    return connection.execute(
        quarantined_devices.update()
        .where(rows.ended_at.is_(None), rows.device == device)
        .values(ended_at=now)
    ).rowcount


def read_quarantined_devices(connection: Connection) -> list[Row[Any]]:
    """The devices that are in quarantine now, those of the longest time first."""
    rows = quarantined_devices.c
    query = select(quarantined_devices).where(rows.ended_at.is_(None)).order_by(rows.since_at)
    return list(connection.execute(query))


def budget_key(letter: DeadLetter) -> Key:
    """Whose budget a letter spends."""
    if letter.address is None or letter.kind is DeadLetterKind.UNKNOWN:
        return UNLISTED
    return letter.address.location, letter.address.device


def _cost(letter: DeadLetter) -> float:
    return COSTS if letter.acknowledges is None else PARSED_COSTS


def _standings(connection: Connection, keys: Iterable[Key]) -> dict[Key, QuarantineState | None]:
    wanted = sorted(keys)
    found: dict[Key, QuarantineState | None] = dict.fromkeys(wanted)
    rows = quarantined_devices.c
    for start in range(0, len(wanted), CHUNK):
        some = wanted[start : start + CHUNK]
        query = select(quarantined_devices).where(tuple_(rows.location, rows.device).in_(some))
        for location, device, *values in connection.execute(query):
            found[location, device] = QuarantineState(*values)
    return found


def _kept_of(connection: Connection, keys: Iterable[Key]) -> Counter[Key]:
    """How many letters of these devices are kept."""
    wanted = sorted(keys)
    counts: Counter[Key] = Counter()
    rows = dead_letters.c
    for start in range(0, len(wanted), CHUNK):
        devices = [device for _, device in wanted[start : start + CHUNK]]
        query = (
            select(rows.location, rows.device, func.count())
            .where(rows.device.in_(devices))
            .group_by(rows.location, rows.device)
        )
        for location, device, count in connection.execute(query):
            counts[location, device] = count
    return counts


def _write(connection: Connection, key: Key, standing: QuarantineState) -> None:
    into = insert(connection.dialect.name, quarantined_devices)
    values = {
        "since_at": standing.since_at,
        "last_at": standing.last_at,
        "messages": standing.messages,
        "reason": standing.reason,
        "ended_at": standing.ended_at,
    }
    upsert = into.on_conflict_do_update(index_elements=["location", "device"], set_=values)
    connection.execute(upsert, {"location": key[0], "device": key[1], **values})
