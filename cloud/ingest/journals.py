"""Which reports of which device are settled: read with a lock, written in the same transaction.

On PostgreSQL the rows are locked in one order, so that several consumers of one device wait for
each other; a deadlock that still happens ends one transaction, which is tried again. SQLite's
writer already stands alone.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, Insert, bindparam, select, tuple_

from cloud.database import insert, journals, losses, microseconds, run_many
from cloud.ingest.settled import Settled, Standing
from wire.scalars import DeviceId, JournalId, LocationId

JournalKey = tuple[DeviceId, JournalId]
CHUNK: Final = 400


class Journals:
    """The journals that one transaction touches, with the place each device speaks from."""

    def __init__(
        self, connection: Connection, places: Mapping[JournalKey, LocationId], now: datetime
    ) -> None:
        self._connection = connection
        self._places = places
        self._now = now
        self._settled = self._load(sorted(places))
        self._changed: set[JournalKey] = set()
        self.lost = 0
        """Numbers closed over that were never counted here."""

    def settle(self, key: JournalKey, first: int, last: int) -> Standing:
        """Mark a range as settled, and say how it stood before."""
        settled = self._settled[key]
        standing = settled.standing(first, last)
        if standing in (Standing.NEW, Standing.OVERLAP):
            self._settled[key] = settled.adding(first, last)
            self._changed.add(key)
        return standing

    def close_below(self, key: JournalKey, sequence: int) -> bool:
        """Settle the gaps before `sequence`, for good, and write each down as lost."""
        gaps = self._settled[key].gaps_below(sequence)
        if not gaps:
            return False
        self._settled[key] = self._settled[key].adding(1, sequence - 1)
        self._changed.add(key)
        self.lost += sum(last - first + 1 for first, last in gaps)
        rows = [(*key, *gap, self._places[key], microseconds(self._now)) for gap in gaps]
        run_many(self._connection, _LOST, tuple(losses.columns.keys()), rows)
        return True

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
        return {
            (row.device, row.journal): Settled.read(row.through, row.islands)
            for some in _chunks(keys)
            for row in self._connection.execute(_LOCKED, {"keys": some})
        }

    def _row(self, key: JournalKey) -> tuple[Any, ...]:
        settled, at = self._settled[key], microseconds(self._now)
        return *key, self._places[key], settled.through, settled.islands_json, at


def _chunks(keys: list[JournalKey]) -> Iterable[list[JournalKey]]:
    return (keys[start : start + CHUNK] for start in range(0, len(keys), CHUNK))


_LOCKED = (
    select(*(journals.c[name] for name in ("device", "journal", "through", "islands")))
    .where(tuple_(journals.c.device, journals.c.journal).in_(bindparam("keys", expanding=True)))
    .order_by(journals.c.device, journals.c.journal)
    .with_for_update()
)
_LOST = losses.insert().inline()
_ALL = ("device", "journal", "location", "through", "islands", "settled_at")


@cache
def _saving(dialect: str) -> Insert:
    """The rows are there and locked: this only updates them, many at once."""
    into = insert(dialect, journals)
    return into.on_conflict_do_update(
        index_elements=["device", "journal"],
        set_={name: into.excluded[name] for name in _ALL[2:]},
    )
