"""Report streams of the outbox: one stream for each run of the agent.

Rows are numbered over all streams, always upwards. A stream's sequence numbers are row numbers less
its `base`, so each stream counts from 1. A file restored from an older copy therefore never
continues a stream of which the cloud has later numbers: old reports keep their stream and numbers,
and new reports get a stream id that was never used.

    row       41 .. 50 │ 51 .. 120
    stream    a        │ b, base 50
    sequence  41 .. 50 │ 1 .. 70

The wire and the database table call a stream `journal`.
"""

import secrets
from typing import Final, NamedTuple

from edge_agent.outbox.rows import Rows
from wire.scalars import JournalId

STREAMS_QUERY: Final = """
SELECT json_extract(event, '$.data.journal'), min(first),
       min(first) - json_extract(event, '$.data.sequence.first')
FROM (SELECT first, CAST(sealed AS TEXT) AS event FROM report)
WHERE json_valid(event) AND json_type(event, '$.data.journal') = 'text'
    AND json_type(event, '$.data.sequence.first') = 'integer'
GROUP BY 1 ORDER BY 2
"""  # bare columns of a min() are those of its row: https://sqlite.org/lang_select.html#bareagg
UNREADABLE_QUERY: Final = (
    "SELECT first, last FROM unreadable WHERE first > ? AND first < ? ORDER BY first"
)


class ReportStream(NamedTuple):
    """Rows from `first` to `last`, both included; `last` of the running stream is None.

    `ends_lost`: its last rows cannot be read. Heartbeats include such a stream until the agent
    ends, so that the cloud records its last numbers as lost.
    """

    id: JournalId
    first: int
    base: int
    last: int | None = None
    ends_lost: bool = False

    def sequence(self, row: int) -> int:
        """The sequence number of a row on the wire."""
        return row - self.base


class StreamStatus(NamedTuple):
    """The state of a stream in a heartbeat: sequence numbers as on the wire."""

    id: JournalId
    next_sequence: int
    oldest_sequence: int


def new_stream_id() -> JournalId:
    """A random id that was never used."""
    return JournalId(secrets.token_hex(8))


def read_streams(rows: Rows, next_row: int) -> list[ReportStream]:
    """The streams of the pending reports, oldest first, each with its end."""
    found = rows.read(STREAMS_QUERY)
    before = [*(first for _, first, _ in found[1:]), next_row]
    return [
        _with_end(rows, ReportStream(JournalId(name), first, base), end)
        for (name, first, base), end in zip(found, before, strict=False)
    ]


def _with_end(rows: Rows, stream: ReportStream, before: int) -> ReportStream:
    """The stream with its last row, including unreadable rows that follow directly."""
    stored = rows.last_between(stream.first, before - 1)
    last = stored
    for first, end in rows.read(UNREADABLE_QUERY, stored, before):
        if first != last + 1:
            break
        last = end if first <= end < before else first
    return stream._replace(last=last, ends_lost=last > stored)
