"""Isolates stored rows that cannot be sent, when the outbox is opened.

A row that holds no report, or not the one of its number, is never acknowledged and would delay the
acknowledgement of every later report. It is moved to the table `unreadable`, which keeps the newest
`MAX_ISOLATED_ROWS` rows for diagnosis. Heartbeats state the oldest pending number of each stream,
and the cloud records every missing number below it as lost.
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from edge_agent.outbox.rows import LARGEST_NUMBER, ROWS_PER_READ, Rows
from wire.audience import AudienceReport
from wire.envelope import AudienceEvent, decode_events
from wire.scalars import JournalId

log = logging.getLogger(__name__)

MAX_ISOLATED_ROWS: Final = 1000
MAX_ROWS_LOGGED: Final = 20
ISOLATE_ROW: Final = (
    "INSERT OR REPLACE INTO unreadable SELECT first, last, ?, sealed FROM report WHERE first = ?"
)
DELETE_OLDEST: Final = (
    "DELETE FROM unreadable WHERE first NOT IN "
    "(SELECT first FROM unreadable ORDER BY first DESC LIMIT ?)"
)


class UnreadableRow(NamedTuple):
    """A row that cannot be sent, and the reason."""

    row: int
    reason: str


class _Readable(NamedTuple):
    row: int
    stream: JournalId
    base: int  # row number less sequence number, the same for all rows of a stream


def isolate_unreadable_rows(rows: Rows) -> int:
    """Move every row that cannot be sent to `unreadable`; returns their number.

    A start time that contradicts its report is corrected: the report itself is readable.
    """
    found = list(_unreadable_rows(rows))
    if not found:
        return 0
    with rows.transaction() as database:
        for row, reason in found:
            database.execute(ISOLATE_ROW, (reason, row))
            database.execute("DELETE FROM report WHERE first = ?", (row,))
        database.execute(DELETE_OLDEST, (MAX_ISOLATED_ROWS,))
    for row, reason in found[:MAX_ROWS_LOGGED]:
        log.error("outbox.row_unreadable", extra={"row": row, "reason": reason})
    log.error(
        "outbox.rows_isolated",
        extra={
            "rows": len(found),
            "reason": "these rows hold no valid report; their sequence numbers count as lost",
        },
    )
    return len(found)


def _unreadable_rows(rows: Rows) -> Iterator[UnreadableRow]:
    readable: list[_Readable] = []
    corrections: list[tuple[str, int]] = []
    through = 0
    for first, last, starts_at, content in _read_rows(rows):
        report = _decode_report(content)
        fault = _find_fault(first, last, through, report)
        if fault or report is None:
            yield UnreadableRow(first, fault)
            continue
        through = last
        readable.append(_Readable(first, report.journal, first - report.sequence.first))
        if starts_at != report.starts_at.isoformat():
            corrections.append((report.starts_at.isoformat(), first))
    if corrections:
        with rows.transaction() as database:
            database.executemany("UPDATE report SET starts_at = ? WHERE first = ?", corrections)
    yield from _misplaced_rows(readable)


def _read_rows(rows: Rows) -> Iterator[tuple[int, int, str, bytes]]:
    after = -(2**63)
    query = (
        "SELECT first, last, starts_at, sealed FROM report WHERE first > ? ORDER BY first LIMIT ?"
    )
    while found := rows.read(query, after, ROWS_PER_READ):
        after = found[-1][0]
        yield from found


def _decode_report(content: bytes) -> AudienceReport | None:
    events = list(decode_events(bytes(content)))
    if len(events) == 1 and isinstance(events[0], AudienceEvent):
        return events[0].data
    return None


def _find_fault(first: int, last: int, through: int, report: AudienceReport | None) -> str:
    """Why a row cannot be sent; empty when it can. `through` is the end of the row before."""
    if report is None:
        return "its content is not an audience report"
    if not 1 <= first <= last <= LARGEST_NUMBER:
        return f"its numbers run from {first} to {last}: expected 1 to {LARGEST_NUMBER}"
    if first <= through:
        return f"its numbers overlap those of the row before, which ends at {through}"
    if last - first != report.sequence.last - report.sequence.first:
        return "its range of numbers is not as long as that of its report"
    return ""


def _misplaced_rows(readable: Iterable[_Readable]) -> Iterator[UnreadableRow]:
    """Rows whose number does not fit their stream, or that lie inside another stream."""
    streams: dict[JournalId, list[_Readable]] = defaultdict(list)
    for one in readable:
        streams[one.stream].append(one)
    accepted: list[tuple[int, int]] = []
    for members in sorted(streams.values(), key=len, reverse=True):
        base = Counter(one.base for one in members).most_common(1)[0][0]
        consistent = [one for one in members if one.base == base]
        first, last = consistent[0].row, consistent[-1].row
        overlaps = any(first < end and last > begin for begin, end in accepted)
        if not overlaps:
            accepted.append((first, last))
        for one in members:
            if overlaps or one.base != base:
                yield UnreadableRow(one.row, "its sequence number does not fit the rows around it")
