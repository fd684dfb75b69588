"""Stored rows that cannot be sent: moved to a table of their own when the outbox is opened.

A row that holds no report, or not the one of its number, is never acknowledged and would hold back
the acknowledgement of every report after it. Its number is given up: heartbeats state the oldest
number that waits, so the cloud records every missing number before it as lost. The rows stay in the
table `unreadable`, the newest `ROWS_KEPT` of them, for diagnosis.
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
    """A row that cannot be sent, and why."""

    row: int
    reason: str


class _Readable(NamedTuple):
    row: int
    stream: JournalId
    base: int  # row number less sequence number, the same for all rows of a stream


def isolate_unreadable_rows(rows: Rows) -> int:
    """Move every row that cannot be sent out of the queue; how many.

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
        "outbox.rows_set_apart",
        extra={
            "rows": len(found),
            "reason": "they hold no report that can be sent; their numbers count as lost",
        },
    )
    return len(found)


def _unreadable_rows(rows: Rows) -> Iterator[UnreadableRow]:
    readable: list[_Readable] = []
    corrections: list[tuple[str, int]] = []
    through = 0
    for first, last, starts_at, sealed in _all_rows(rows):
        report = _report_in(sealed)
        fault = _fault(first, last, through, report)
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
    yield from _out_of_place(readable)


def _all_rows(rows: Rows) -> Iterator[tuple[int, int, str, bytes]]:
    after = -(2**63)
    query = (
        "SELECT first, last, starts_at, sealed FROM report WHERE first > ? ORDER BY first LIMIT ?"
    )
    while found := rows.read(query, after, ROWS_PER_READ):
        after = found[-1][0]
        yield from found


def _report_in(sealed: bytes) -> AudienceReport | None:
    events = list(decode_events(bytes(sealed)))
    if len(events) == 1 and isinstance(events[0], AudienceEvent):
        return events[0].data
    return None


def _fault(first: int, last: int, through: int, report: AudienceReport | None) -> str:
    """What is wrong with a row, empty when nothing is. `through` is the end of the row before."""
    if report is None:
        return "its content is no audience report"
    if not 1 <= first <= last <= LARGEST_NUMBER:
        return f"its numbers run from {first} to {last}: expected 1 to {LARGEST_NUMBER}"
    if first <= through:
        return f"its numbers overlap those of the row before, which ends at {through}"
    if last - first != report.sequence.last - report.sequence.first:
        return "it stands for another count of numbers than its report"
    return ""


def _out_of_place(readable: Iterable[_Readable]) -> Iterator[UnreadableRow]:
    """Rows whose number is not that of their stream, or that lie between those of another."""
    streams: dict[JournalId, list[_Readable]] = defaultdict(list)
    for one in readable:
        streams[one.stream].append(one)
    taken: list[tuple[int, int]] = []
    for members in sorted(streams.values(), key=len, reverse=True):
        base = Counter(one.base for one in members).most_common(1)[0][0]
        placed = [one for one in members if one.base == base]
        first, last = placed[0].row, placed[-1].row
        is_apart = any(first < end and last > begin for begin, end in taken)
        if not is_apart:
            taken.append((first, last))
        for one in members:
            if is_apart or one.base != base:
                yield UnreadableRow(one.row, "its number does not fit those of the rows around it")
