"""Which reports of which device are settled: read with a lock, written in the same transaction.

On PostgreSQL the rows are locked in one order, so that several consumers of one device wait for
each other; a deadlock that still happens ends one transaction, which is tried again. SQLite's
writer already stands alone.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    Connection,
    Insert,
    Select,
    Text,
    and_,
    bindparam,
    func,
    select,
)

from cloud.database import insert, journals, losses, microseconds, run_many
from cloud.ingest.plausible import Rules
from cloud.ingest.settled import Age, Settled, Standing, too_far
from wire.scalars import DeviceId, JournalId, LocationId

JournalKey = tuple[DeviceId, JournalId]
_Query = Select[*tuple[Any, ...]]


class Journals:
    """The journals that one transaction touches, with the place each device speaks from."""

    def __init__(
        self,
        connection: Connection,
        places: Mapping[JournalKey, LocationId],
        now: datetime,
        rules: Rules,
    ) -> None:
        self._connection = connection
        self._places = places
        self._now = now
        self._rules = rules
        self._ages: dict[JournalKey, Age] = {}
        self._settled = self._load(sorted(places))
        self._changed: set[JournalKey] = set()
        self.lost = 0
        """Numbers closed over that were never counted here."""

    def too_far(self, key: JournalKey, last: int, at: datetime) -> str | None:
        """Why a message of `at` cannot speak of number `last`; None when it can."""
        through = self._settled[key].through
        return too_far(last, self._ages[key].furthest(through, at, self._now, self._rules), through)

    def standing(self, key: JournalKey, first: int, last: int) -> Standing:
        """How a range of numbers stands to what is settled."""
        return self._settled[key].standing(first, last)

    def settle(
        self, key: JournalKey, first: int, last: int, ends_at: datetime | None = None
    ) -> None:
        """Mark a range as settled: that of a report that ended at `ends_at`, or of none."""
        before = self._settled[key]
        after = self._settled[key] = before.adding(first, last)
        self._changed.add(key)
        if ends_at is not None and after.through > before.through:
            self._ages[key] = Age(min(ends_at, self._now), self._now)

    def close_below(self, key: JournalKey, sequence: int) -> bool:
        """Settle the gaps before `sequence`, for good, and write each down as lost."""
        gaps = self._settled[key].gaps_below(sequence)
        if not gaps:
            return False
        self.settle(key, 1, sequence - 1)
        self._write_lost(key, gaps)
        return True

    def give_up(self, key: JournalKey, first: int, last: int) -> None:
        """Settle numbers that hold up what was counted after them, and write them down as lost.

        Only in a journal that the transaction touches anyway: an unreadable message makes none.
        """
        if key in self._settled and self._settled[key].is_in_the_way(first, last):
            self.settle_as_lost(key, first, last)

    def settle_as_lost(self, key: JournalKey, first: int, last: int) -> None:
        """Settle numbers that are neither counted nor kept; a run of them is one row of losses."""
        settled = self._settled[key]
        for begins, ends in settled.gaps_below(last + 1):
            if ends < first:
                continue
            lost = max(begins, first), ends
            if self._extended(key, *lost):
                self.lost += lost[1] - lost[0] + 1
            else:
                self._write_lost(key, [lost])
        self.settle(key, first, last)

    def _extended(self, key: JournalKey, first: int, last: int) -> bool:
        rows = losses.c
        before = (rows.device == key[0]) & (rows.journal == key[1])
        found = losses.update().where(before, rows.last_sequence == first - 1)
        return self._connection.execute(found.values(last_sequence=last)).rowcount > 0

    def _write_lost(self, key: JournalKey, ranges: Sequence[tuple[int, int]]) -> None:
        self.lost += sum(last - first + 1 for first, last in ranges)
        rows = [(*key, *one, self._places[key], microseconds(self._now)) for one in ranges]
        run_many(self._connection, _LOST, tuple(losses.columns.keys()), rows)

    def through(self, key: JournalKey) -> int:
        """Up to where the journal is settled without a gap."""
        return self._settled[key].through

    def save(self) -> None:
        """Write what has changed."""
        rows = [self._row(key) for key in sorted(self._changed)]
        run_many(self._connection, _saving(self._connection.dialect.name), _ALL, rows)

    def _load(self, keys: list[JournalKey]) -> dict[JournalKey, Settled]:
        found = self._locked(keys)
        missing = [key for key in keys if key not in found]
        if missing:
            fresh = [
                {"device": device, "journal": journal, "location": self._places[device, journal],
                 "through": 0, "islands": "[]", "settled_at": self._now}
                for device, journal in missing
            ]  # fmt: skip
            into = insert(self._connection.dialect.name, journals).on_conflict_do_nothing()
            self._connection.execute(into, fresh)
            found |= self._locked(missing)
        return found

    def _locked(self, keys: list[JournalKey]) -> dict[JournalKey, Settled]:
        rows = self._connection.execute(*_locking(self._connection.dialect.name, keys))
        found = {}
        for device, journal, through, islands, settled_at, through_at in rows:
            found[device, journal] = Settled.read(through, islands)
            self._ages[device, journal] = Age(through_at, settled_at) if through_at else Age()
        return found

    def _row(self, key: JournalKey) -> tuple[Any, ...]:
        settled, at = self._settled[key], microseconds(self._now)
        through_at = microseconds(self._ages[key].through_at)
        return *key, self._places[key], settled.through, settled.islands_json, at, through_at


def _locking(dialect: str, keys: list[JournalKey]) -> tuple[_Query, dict[str, Any]]:
    """The journals that are there, locked in one order.

    One value carries all keys, whatever their number: a list of them in the statement costs more
    to write than the database takes to answer.
    """
    if dialect == "postgresql":
        devices, names = [device for device, _ in keys], [journal for _, journal in keys]
        return _POSTGRESQL, {"devices": devices, "journals": names}
    return _SQLITE, {"keys": json.dumps(keys)}


_READ = ("device", "journal", "through", "islands", "settled_at", "through_at")
_COLUMNS = tuple(journals.c[name] for name in _READ)
_WANTED = func.unnest(
    bindparam("devices", type_=ARRAY(Text)), bindparam("journals", type_=ARRAY(Text))
).table_valued("device", "journal", name="wanted").render_derived()  # fmt: skip
_POSTGRESQL: _Query = (
    select(*_COLUMNS)
    .join_from(
        journals,
        _WANTED,
        and_(journals.c.device == _WANTED.c.device, journals.c.journal == _WANTED.c.journal),
    )
    .order_by(journals.c.device, journals.c.journal)
    .with_for_update(of=journals)
)
_EACH = func.json_each(bindparam("keys", type_=Text)).table_valued("value", name="wanted")
_SQLITE: _Query = select(*_COLUMNS).join_from(
    _EACH,
    journals,
    and_(
        journals.c.device == func.json_extract(_EACH.c.value, "$[0]"),
        journals.c.journal == func.json_extract(_EACH.c.value, "$[1]"),
    ),
)
_LOST = losses.insert().inline()
_ALL = ("device", "journal", "location", "through", "islands", "settled_at", "through_at")


@cache
def _saving(dialect: str) -> Insert:
    """The rows are there and locked: this only updates them, many at once."""
    into = insert(dialect, journals)
    return into.on_conflict_do_update(
        index_elements=["device", "journal"],
        set_={name: into.excluded[name] for name in _ALL[2:]},
    )
