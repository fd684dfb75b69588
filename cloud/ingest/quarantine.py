"""Quarantine of devices that send too many messages which fail validation.

The valid reports of a quarantined device are counted and acknowledged like any other. Its failing
messages are counted but not stored, and therefore not acknowledged: the device sends them again,
and sends only a window of reports beyond them. Dead letters of parsed reports are still stored at
the steady rate of the budget, so the device gets past them. When
`DeadLetterLimits.stored_per_device` dead letters are stored, the numbers of further ones are
recorded as lost and acknowledged, so that the reports behind them are counted. A quarantine ends
when nothing was withheld for `DeadLetterLimits.quiet`, or by `python -m cloud dead-letters
release`. Alert rules read the table `quarantined_devices`.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Any, Final

from sqlalchemy import Connection, Row, func, select, tuple_

from cloud.auth import audit
from cloud.database import dead_letters, insert, quarantined_devices
from cloud.ingest.dead_letter_budget import COSTS, IN_ALL, PARSED_COSTS, UNLISTED, BudgetDraft, Key
from cloud.ingest.dead_letter_store import known_digests
from cloud.ingest.dead_letters import DeadLetter, DeadLetterKind, digest_of, printable

LONGEST_REASON: Final = 500
CHUNK: Final = 400


class Admission(Enum):
    """Whether a dead letter is stored."""

    STORED = auto()
    NOT_NOW = auto()  # the budget is spent until it refills: the device sends the message again
    FULL = auto()  # the maximum number of dead letters of the device is stored


@dataclass(frozen=True, slots=True)
class QuarantineState:
    """A row of `quarantined_devices`."""

    since_at: datetime
    last_at: datetime
    messages: int
    reason: str
    ended_at: datetime | None = None


class Quarantine:
    """Decides for one transaction which dead letters are stored."""

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
        rejected = list(failed)
        keys = {key for key in map(budget_key, rejected) if key != UNLISTED}
        self._states: dict[Key, QuarantineState | None] = _states(connection, keys)
        self._stored = _count_stored(connection, keys)
        self._changed: set[Key] = set()
        self.begun: list[tuple[Key, str]] = []
        """Devices quarantined in this transaction, each with the reason."""
        self.withheld: Counter[Key] = Counter()
        """Messages that are not stored, by device."""
        self._checked = {digest_of(one) for one in rejected if not self._is_withheld(one)}
        self._known = known_digests(connection, self._checked)

    def admit(self, dead_letter: DeadLetter) -> Admission:
        """Decide whether to store a dead letter; quarantine its device when the budget is spent."""
        key = budget_key(dead_letter)
        is_in = self._is_in(key)
        if self._is_withheld(dead_letter):
            self._withhold(key)
            return self._not_stored(key)
        digest = digest_of(dead_letter)
        if self._is_known(digest):
            return Admission.STORED
        if why := self._refusal(key, dead_letter):
            if is_in:
                self._withhold(key)
            else:
                self._begin(key, why, dead_letter)
            return self._not_stored(key)
        if not self._draft.take(IN_ALL, _cost(dead_letter)):
            self.withheld[IN_ALL] += 1
            return Admission.NOT_NOW
        self._known.add(digest)
        self._stored[key] += 1
        return Admission.STORED

    def save(self) -> None:
        """Write the changed states."""
        for key in sorted(self._changed):
            state = self._states[key]
            assert state is not None, "a device changes by being quarantined"
            _write(self._connection, key, state)

    def _is_in(self, key: Key) -> bool:
        state = self._state(key)
        if state is None or state.ended_at is not None:
            return False
        if self._now - state.last_at < self._draft.limit.quiet:
            return True
        self._states[key] = replace(state, ended_at=self._now)
        self._changed.add(key)
        self._draft.refill(key)
        return False

    def _is_full(self, key: Key) -> bool:
        return key != UNLISTED and self._stored[key] >= self._draft.limit.stored_per_device

    def _not_stored(self, key: Key) -> Admission:
        return Admission.FULL if self._is_full(key) else Admission.NOT_NOW

    def _refusal(self, key: Key, dead_letter: DeadLetter) -> str | None:
        if self._is_full(key):
            return (
                f"{self._stored[key]} of its dead letters are stored, which is the maximum: read "
                "them, then replay or delete them (`dead-letters delete`); the numbers of further "
                "ones are recorded as lost"
            )
        if self._draft.take(key, _cost(dead_letter)) or self._is_released(key, dead_letter):
            return None
        rate = self._draft.limit.per_device
        return (
            f"more messages failed validation than are stored of a device ({rate.burst:g}, and one "
            f"more every {rate.every.total_seconds():g} s)"
        )

    def _is_released(self, key: Key, dead_letter: DeadLetter) -> bool:
        """Whether an operator released the device; its budget is then refilled once."""
        state = self._state(key)
        if state is None or state.ended_at is None or key in self._changed:
            return False
        self._states[key] = None
        self._draft.refill(key)
        return self._draft.take(key, _cost(dead_letter))

    def _begin(self, key: Key, why: str, dead_letter: DeadLetter) -> None:
        self.withheld[key] += 1
        if key == UNLISTED:
            return
        reason = f"{why}; the latest: {printable(dead_letter.reason)}"[:LONGEST_REASON]
        self._states[key] = QuarantineState(self._now, self._now, 1, reason)
        self._changed.add(key)
        self.begun.append((key, reason))

    def _withhold(self, key: Key) -> None:
        state = self._states[key]
        assert state is not None, "only a quarantined device is withheld"
        self.withheld[key] += 1
        self._states[key] = replace(state, last_at=self._now, messages=state.messages + 1)
        self._changed.add(key)

    def _state(self, key: Key) -> QuarantineState | None:
        if key == UNLISTED:
            return None
        if key not in self._states:
            self._states |= _states(self._connection, {key})
            self._stored |= _count_stored(self._connection, {key})
        return self._states[key]

    def _is_withheld(self, dead_letter: DeadLetter) -> bool:
        """Whether its device is in quarantine and keeps the message."""
        return dead_letter.acknowledges is None and self._is_in(budget_key(dead_letter))

    def _is_known(self, digest: str) -> bool:
        if digest not in self._checked:
            self._checked.add(digest)
            self._known |= known_digests(self._connection, [digest])
        return digest in self._known


def end_expired_quarantines(connection: Connection, now: datetime, quiet: timedelta) -> int:
    """End quarantines without failing messages for `quiet`; returns how many."""
    rows = quarantined_devices.c
    return connection.execute(
        quarantined_devices.update()
        .where(rows.ended_at.is_(None), rows.last_at <= now - quiet)
        .values(ended_at=now)
    ).rowcount


def release_device(connection: Connection, device: str, *, actor: str, now: datetime) -> int:
    """End the quarantine of a device by hand and record it; returns how many there were."""
    rows = quarantined_devices.c
    released = connection.execute(
        quarantined_devices.update()
        .where(rows.ended_at.is_(None), rows.device == device)
        .values(ended_at=now)
    ).rowcount
    if released:
        audit.record_change(
            connection, at=now, actor=actor[:120], action="quarantine.release",
            about=device[:120], details={"quarantines": released},
        )  # fmt: skip
    return released


def read_quarantined_devices(connection: Connection) -> list[Row[Any]]:
    """The devices in quarantine, the longest first."""
    rows = quarantined_devices.c
    query = select(quarantined_devices).where(rows.ended_at.is_(None)).order_by(rows.since_at)
    return list(connection.execute(query))


def budget_key(dead_letter: DeadLetter) -> Key:
    """The budget that a dead letter is charged to."""
    if dead_letter.address is None or dead_letter.kind is DeadLetterKind.UNKNOWN:
        return UNLISTED
    return dead_letter.address.location, dead_letter.address.device


def _cost(dead_letter: DeadLetter) -> float:
    return COSTS if dead_letter.acknowledges is None else PARSED_COSTS


def _states(connection: Connection, keys: Iterable[Key]) -> dict[Key, QuarantineState | None]:
    wanted = sorted(keys)
    found: dict[Key, QuarantineState | None] = dict.fromkeys(wanted)
    rows = quarantined_devices.c
    for start in range(0, len(wanted), CHUNK):
        some = wanted[start : start + CHUNK]
        query = select(quarantined_devices).where(tuple_(rows.location, rows.device).in_(some))
        for location, device, *values in connection.execute(query):
            found[location, device] = QuarantineState(*values)
    return found


def _count_stored(connection: Connection, keys: Iterable[Key]) -> Counter[Key]:
    """The number of stored dead letters of each device."""
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


def _write(connection: Connection, key: Key, state: QuarantineState) -> None:
    into = insert(connection.dialect.name, quarantined_devices)
    values = {
        "since_at": state.since_at,
        "last_at": state.last_at,
        "messages": state.messages,
        "reason": state.reason,
        "ended_at": state.ended_at,
    }
    upsert = into.on_conflict_do_update(index_elements=["location", "device"], set_=values)
    connection.execute(upsert, {"location": key[0], "device": key[1], **values})
