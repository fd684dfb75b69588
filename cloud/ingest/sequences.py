"""Acknowledged sequence numbers of report streams, read with a lock, written with the reports.

PostgreSQL locks the rows in one order, so that several consumers of one device wait for each other;
a deadlock that still occurs ends one transaction, which is retried. SQLite has a single writer.
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
    """The streams that one transaction uses, with the location of each device."""

    def __init__(
        self,
        connection: Connection,
        locations: Mapping[StreamKey, LocationId],
        now: datetime,
        rules: ValidationRules,
    ) -> None:
        self._connection = connection
        self._locations = locations
        self._now = now
        self._rules = rules
        self._progress: dict[StreamKey, StreamProgress] = {}
        self._ranges = self._load(sorted(locations))
        self._changed: set[StreamKey] = set()
        self.lost = 0
        """Sequence numbers recorded as lost in this transaction."""

    def implausible_sequence(self, key: StreamKey, last: int, at: datetime) -> str | None:
        """Why a message sent at `at` cannot contain number `last`; None when it can."""
        through = self._ranges[key].through
        return implausible_sequence(
            last, self._progress[key].furthest(through, at, self._now, self._rules), through
        )

    def status(self, key: StreamKey, first: int, last: int) -> SequenceStatus:
        """Whether a range of numbers is new, a duplicate, an overlap or scattered."""
        return self._ranges[key].status(first, last)

    def acknowledge(
        self, key: StreamKey, first: int, last: int, ends_at: datetime | None = None
    ) -> None:
        """Acknowledge a range; `ends_at` is the end of its report, if there is one."""
        before = self._ranges[key]
        after = self._ranges[key] = before.adding(first, last)
        self._changed.add(key)
        if ends_at is not None and after.through > before.through:
            self._progress[key] = StreamProgress(min(ends_at, self._now), self._now)

    def close_gaps_below(self, key: StreamKey, sequence: int) -> bool:
        """Acknowledge the gaps before `sequence` and record each as lost."""
        gaps = self._ranges[key].gaps_below(sequence)
        if not gaps:
            return False
        self.acknowledge(key, 1, sequence - 1)
        self._record_lost(key, gaps)
        return True

    def mark_unreadable_lost(self, key: StreamKey, first: int, last: int) -> None:
        """Record numbers as lost that block reports which were counted after them.

        Only in a stream that the transaction uses anyway: an unreadable message creates none.
        """
        if key in self._ranges and self._ranges[key].is_in_the_way(first, last):
            self.acknowledge_as_lost(key, first, last)

    def acknowledge_as_lost(self, key: StreamKey, first: int, last: int) -> None:
        """Acknowledge numbers that are neither counted nor stored; consecutive ones share a row."""
        received = self._ranges[key]
        for begins, ends in received.gaps_below(last + 1):
            if ends < first:
                continue
            lost = max(begins, first), ends
            if self._extend_lost(key, *lost):
                self.lost += lost[1] - lost[0] + 1
            else:
                self._record_lost(key, [lost])
        self.acknowledge(key, first, last)

    def _extend_lost(self, key: StreamKey, first: int, last: int) -> bool:
        rows = lost_sequences.c
        before = (rows.device == key[0]) & (rows.stream_id == key[1])
        found = lost_sequences.update().where(before, rows.last_sequence == first - 1)
        return self._connection.execute(found.values(last_sequence=last)).rowcount > 0

    def _record_lost(self, key: StreamKey, ranges: Sequence[tuple[int, int]]) -> None:
        self.lost += sum(last - first + 1 for first, last in ranges)
        rows = [(*key, *one, self._locations[key], microseconds(self._now)) for one in ranges]
        run_many(self._connection, _LOST, tuple(lost_sequences.columns.keys()), rows)

    def through(self, key: StreamKey) -> int:
        """The number up to which the stream is acknowledged without a gap."""
        return self._ranges[key].through

    def save(self) -> None:
        """Write the changed streams."""
        rows = [self._row(key) for key in sorted(self._changed)]
        run_many(
            self._connection, _save_statement(self._connection.dialect.name), _ALL_COLUMNS, rows
        )

    def _load(self, keys: list[StreamKey]) -> dict[StreamKey, ReceivedRanges]:
        found = self._lock(keys)
        missing = [key for key in keys if key not in found]
        if missing:
            new_rows = [
                {
                    "device": device,
                    "stream_id": stream_id,
                    "location": self._locations[device, stream_id],
                    "through": 0,
                    "received_ranges": "[]",
                    "acknowledged_at": self._now,
                }
                for device, stream_id in missing
            ]
            into = insert(self._connection.dialect.name, report_streams).on_conflict_do_nothing()
            self._connection.execute(into, new_rows)
            found |= self._lock(missing)
        return found

    def _lock(self, keys: list[StreamKey]) -> dict[StreamKey, ReceivedRanges]:
        rows = self._connection.execute(*_lock_query(self._connection.dialect.name, keys))
        found = {}
        for device, stream_id, through, received_ranges, acknowledged_at, through_at in rows:
            found[device, stream_id] = ReceivedRanges.read(through, received_ranges)
            self._progress[device, stream_id] = (
                StreamProgress(through_at, acknowledged_at) if through_at else StreamProgress()
            )
        return found

    def _row(self, key: StreamKey) -> tuple[Any, ...]:
        received, at = self._ranges[key], microseconds(self._now)
        through_at = microseconds(self._progress[key].through_at)
        return *key, self._locations[key], received.through, received.ranges_json, at, through_at


def _lock_query(dialect: str, keys: list[StreamKey]) -> tuple[_Query, dict[str, Any]]:
    """The query that locks existing streams in one order.

    One bound value holds all keys: a list in the statement costs more to compile than to execute.
    """
    if dialect == "postgresql":
        devices, names = [device for device, _ in keys], [stream_id for _, stream_id in keys]
        return _POSTGRESQL, {"devices": devices, "streams": names}
    return _SQLITE, {"keys": json.dumps(keys)}


_READ_COLUMNS = (
    "device",
    "stream_id",
    "through",
    "received_ranges",
    "acknowledged_at",
    "through_at",
)
_COLUMNS = tuple(report_streams.c[name] for name in _READ_COLUMNS)
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
_KEYS = func.json_each(bindparam("keys", type_=Text)).table_valued("value", name="wanted")
_SQLITE: _Query = select(*_COLUMNS).join_from(
    _KEYS,
    report_streams,
    and_(
        report_streams.c.device == func.json_extract(_KEYS.c.value, "$[0]"),
        report_streams.c.stream_id == func.json_extract(_KEYS.c.value, "$[1]"),
    ),
)
_LOST = lost_sequences.insert().inline()
_ALL_COLUMNS = (
    "device",
    "stream_id",
    "location",
    "through",
    "received_ranges",
    "acknowledged_at",
    "through_at",
)


@cache
def _save_statement(dialect: str) -> Insert:
    """An upsert that only updates: the rows exist and are locked."""
    into = insert(dialect, report_streams)
    return into.on_conflict_do_update(
        index_elements=["device", "stream_id"],
        set_={name: into.excluded[name] for name in _ALL_COLUMNS[2:]},
    )
