"""Which stored receipts overlap the booked time of lines, and the time of the latest of them."""

import heapq
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from cloud.database.receipts import receipts
from cloud.receipts.coverage import list_booked
from cloud.receipts.receipt_file import ReceiptLine
from wire.audience import LONGEST_REPORT

SPANS_AT_ONCE: Final = 200


def select_booked(lines: Sequence[ReceiptLine], size: int) -> Iterator[ColumnElement[bool]]:
    """Conditions for the receipts of the first `size` entries; several may admit the same one."""
    spans = sorted(
        {(location, one.starts_at, one.ends_at)
         for (location, _), booked in list_booked(lines).items() for one in booked}
    )  # fmt: skip
    columns = receipts.c
    for start in range(0, len(spans), SPANS_AT_ONCE):
        overlaps = or_(
            *(
                and_(
                    columns.location == location,
                    columns.starts_at.between(begin - LONGEST_REPORT, end),
                    columns.starts_at < end,
                    columns.ends_at > begin,
                )
                for location, begin, end in spans[start : start + SPANS_AT_ONCE]
            )
        )
        yield and_(columns.entry < size, overlaps)


def find_start_of_latest(
    connection: Connection, lines: Sequence[ReceiptLine], size: int, most: int
) -> datetime | None:
    """The moment after which at most `most` receipts end; None where all are few enough."""
    columns = receipts.c
    latest: dict[int, datetime] = {}
    for condition in select_booked(lines, size):
        query = select(columns.entry, columns.ends_at).where(condition)
        rows = connection.execute(query.order_by(columns.ends_at.desc()).limit(most + 1))
        latest |= {row.entry: row.ends_at for row in rows}
        newest = heapq.nlargest(most + 1, latest.items(), key=lambda one: one[1])
        latest = dict(newest)
    return min(latest.values()) if len(latest) > most else None
