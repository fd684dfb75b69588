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

from cloud.database import insert, lost_sequences, microseconds, report_streams, run_many
from cloud.ingest.plausibility import ValidationRules
from cloud.ingest.received_ranges import (
    ReceivedRanges,
    SequenceStatus,
    StreamProgress,
    implausible_sequence,
)
from wire.scalars import DeviceId, JournalId, LocationId

StreamKey = tuple[DeviceId, JournalId]
_Query = Select[*tuple[Any, ...]]


class ReportStreams:
    """The streams that one transaction touches, with the place each device speaks from."""

    def __init__(
        self,
        connection: Connection,
        places: Mapping[StreamKey, LocationId],
        now: datetime,
        rules: ValidationRules,
    ) -> None:
        self._connection = connection
        self._places = places
        self._now = now
        self._rules = rules
        self._ages: dict[StreamKey, StreamProgress] = {}
        self._settled = self._load(sorted(places))
        self._changed: set[StreamKey] = set()
        self.lost = 0
        """Numbers closed over that were never counted here."""

    def implausible_sequence(self, key: StreamKey, last: int, at: datetime) -> str | None:
        """Why a message of `at` cannot speak of number `last`; None when it can."""
        through = self._settled[key].through
        return implausible_sequence(
            last, self._ages[key].furthest(through, at, self._now, self._rules), through
        )

    def status(self, key: StreamKey, first: int, last: int) -> SequenceStatus:
        """How a range of numbers stands to what is settled."""
        return self._settled[key].status(first, last)

    def acknowledge(
        self, key: StreamKey, first: int, last: int, ends_at: datetime | None = None
    ) -> None:
        """Mark a range as settled: that of a report that ended at `ends_at`, or of none."""
        before = self._settled[key]
        after = self._settled[key] = before.adding(first, last)
        self._changed.add(key)
        if ends_at is not None and after.through > before.through:
            self._ages[key] = StreamProgress(min(ends_at, self._now), self._now)

    def close_gaps_below(self, key: StreamKey, sequence: int) -> bool:
        """Settle the gaps before `sequence`, for good, and write each down as lost."""
        gaps = self._settled[key].gaps_below(sequence)
        if not gaps:
            return False
        self.acknowledge(key, 1, sequence - 1)
        self._write_lost(key, gaps)
        return True

    def mark_unreadable_lost(self, key: StreamKey, first: int, last: int) -> None:
        """Settle numbers that hold up what was counted after them, and write them down as lost.

        Only in a stream that the transaction touches anyway: an unreadable message makes none.
        """
        if key in self._settled and self._settled[key].is_in_the_way(first, last):
            self.settle_as_lost(key, first, last)

    def settle_as_lost(self, key: StreamKey, first: int, last: int) -> None:
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
        self.acknowledge(key, first, last)

    def _extended(self, key: StreamKey, first: int, last: int) -> bool:
        rows = lost_sequences.c
        before = (rows.device == key[0]) & (rows.stream_id == key[1])
        found = lost_sequences.update().where(before, rows.last_sequence == first - 1)
        return self._connection.execute(found.values(last_sequence=last)).rowcount > 0

    def _write_lost(self, key: StreamKey, ranges: Sequence[tuple[int, int]]) -> None:
        self.lost += sum(last - first + 1 for first, last in ranges)
        rows = [(*key, *one, self._places[key], microseconds(self._now)) for one in ranges]
        run_many(self._connection, _LOST, tuple(lost_sequences.columns.keys()), rows)

    def through(self, key: StreamKey) -> int:
        """Up to where the stream is settled without a gap."""
        return self._settled[key].through

    def save(self) -> None:
        """Write what has changed."""
        rows = [self._row(key) for key in sorted(self._changed)]
        run_many(self._connection, _saving(self._connection.dialect.name), _ALL, rows)

    def _load(self, keys: list[StreamKey]) -> dict[StreamKey, ReceivedRanges]:
        found = self._locked(keys)
        missing = [key for key in keys if key not in found]
        if missing:
            fresh = [
                {
                    "device": device,
                    "stream_id": stream_id,
                    "location": self._places[device, stream_id],
                    "through": 0,
                    "received_ranges": "[]",
                    "acknowledged_at": self._now,
                }
                for device, stream_id in missing
            ]
            into = insert(self._connection.dialect.name, report_streams).on_conflict_do_nothing()
            self._connection.execute(into, fresh)
            found |= self._locked(missing)
        return found

    def _locked(self, keys: list[StreamKey]) -> dict[StreamKey, ReceivedRanges]:
        rows = self._connection.execute(*_locking(self._connection.dialect.name, keys))
        found = {}
        for device, stream_id, through, received_ranges, acknowledged_at, through_at in rows:
            found[device, stream_id] = ReceivedRanges.read(through, received_ranges)
            self._ages[device, stream_id] = (
                StreamProgress(through_at, acknowledged_at) if through_at else StreamProgress()
            )
        return found

    def _row(self, key: StreamKey) -> tuple[Any, ...]:
        settled, at = self._settled[key], microseconds(self._now)
        through_at = microseconds(self._ages[key].through_at)
        return *key, self._places[key], settled.through, settled.ranges_json, at, through_at


def _locking(dialect: str, keys: list[StreamKey]) -> tuple[_Query, dict[str, Any]]:
    """The streams that are there, locked in one order.

    One value carries all keys, whatever their number: a list of them in the statement costs more
    to write than the database takes to answer.
    """
    if dialect == "postgresql":
        devices, names = [device for device, _ in keys], [stream_id for _, stream_id in keys]
        return _POSTGRESQL, {"devices": devices, "streams": names}
    return _SQLITE, {"keys": json.dumps(keys)}


_READ = ("device", "stream_id", "through", "received_ranges", "acknowledged_at", "through_at")
_COLUMNS = tuple(report_streams.c[name] for name in _READ)
_WANTED = func.unnest(
    bindparam("devices", type_=ARRAY(Text)), bindparam("streams", type_=ARRAY(Text))
).table_valued("device", "stream_id", name="wanted").render_derived()  # fmt: skip
_POSTGRESQL: _Query = (
    select(*_COLUMNS)
    .join_from(
        report_streams,
        _WANTED,
        and_(
            report_streams.c.device == _WANTED.c.device,
            report_streams.c.stream_id == _WANTED.c.stream_id,
        ),
    )
    .order_by(report_streams.c.device, report_streams.c.stream_id)
    .with_for_update(of=report_streams)
)
_EACH = func.json_each(bindparam("keys", type_=Text)).table_valued("value", name="wanted")
_SQLITE: _Query = select(*_COLUMNS).join_from(
    _EACH,
    report_streams,
    and_(
        report_streams.c.device == func.json_extract(_EACH.c.value, "$[0]"),
        report_streams.c.stream_id == func.json_extract(_EACH.c.value, "$[1]"),
    ),
)
_LOST = lost_sequences.insert().inline()
_ALL = (
    "device",
    "stream_id",
    "location",
    "through",
    "received_ranges",
    "acknowledged_at",
    "through_at",
)


@cache
def _saving(dialect: str) -> Insert:
    """The rows are there and locked: this only updates them, many at once."""
    into = insert(dialect, report_streams)
    return into.on_conflict_do_update(
        index_elements=["device", "stream_id"],
        set_={name: into.excluded[name] for name in _ALL[2:]},
    )
