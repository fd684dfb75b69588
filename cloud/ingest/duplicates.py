"""Reports whose sequence numbers are acknowledged already: repeated, reused or recorded as lost.

A repeated report changes nothing. A device whose outbox was restored from an older copy uses its
numbers again for other reports: these are dead letters, because counting them would break
exactly-once. A report that was recorded as lost and arrives after all is counted.

Counted reports are stored for a limited time (`retention --reports-days`, 30 days). A number whose
report is deleted was counted before that time, so a younger report with that number is another one.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import Enum, auto
from functools import cache
from typing import Any, Final

import msgspec
from msgspec import structs
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    Row,
    Select,
    Text,
    and_,
    bindparam,
    func,
    select,
)

from cloud.database import dead_letters, lost_sequences, reports
from cloud.ingest.validate import FURTHEST_AHEAD, ValidReport
from wire.audience import AudienceReport, encode_report

REUSED: Final = (
    "its sequence number was used before, for another report: the outbox was restored "
    "from an older copy, or copied to a second device. It is not counted; `dead-letters "
    "replay` counts it"
)
_decoder = msgspec.json.Decoder(AudienceReport)


class RepeatKind(Enum):
    """What a report with acknowledged numbers is."""

    SAME = auto()
    REUSED = auto()
    LOST = auto()  # recorded as lost, and arrived after all


Number = tuple[str, str, int]
"""Device, stream_id and first sequence."""


class DuplicateCheck:
    """Compares reports with those that were counted under their numbers."""

    def __init__(self, connection: Connection, valid_reports: Sequence[ValidReport]) -> None:
        self._connection = connection
        self._stored = _stored(connection, sorted({_number(valid) for valid in valid_reports}))
        self._oldest_at: datetime | None = None

    def kind(self, valid: ValidReport, counted_now: Iterable[ValidReport]) -> RepeatKind:
        """What the report is; `counted_now` is counted in this transaction, not stored yet."""
        identity = valid.identity
        for other in counted_now:
            if other.identity.covers(identity):
                return (
                    RepeatKind.SAME if _is_same(other.report, valid.report) else RepeatKind.REUSED
                )
        body = self._stored.get(_number(valid))
        if body is not None and body == encode_report(valid.report).decode():
            return RepeatKind.SAME
        if body is None:
            body = _covering_body(self._connection, valid)
        if body is not None:
            return (
                RepeatKind.SAME
                if _is_same(_decoder.decode(body), valid.report)
                else RepeatKind.REUSED
            )
        if _loss(self._connection, valid) is not None:
            return RepeatKind.LOST
        if self._is_dead_letter(valid) or not self._would_be_stored(valid.report):
            return RepeatKind.SAME
        return RepeatKind.REUSED

    def _would_be_stored(self, report: AudienceReport) -> bool:
        """Whether a report of that number, received after this one ended, would still be stored."""
        if self._oldest_at is None:
            oldest = self._connection.execute(select(func.min(reports.c.received_at))).scalar()
            self._oldest_at = oldest or report.ends_at
        return report.ends_at - FURTHEST_AHEAD > self._oldest_at

    def _is_dead_letter(self, valid: ValidReport) -> bool:
        identity, columns = valid.identity, dead_letters.c
        query = (
            select(columns.id)
            .where(
                columns.device == identity.address.device, columns.stream_id == identity.stream_id
            )
            .where(columns.first_sequence <= identity.last, columns.last_sequence >= identity.first)
            .limit(1)
        )
        return self._connection.execute(query).scalar() is not None


def remove_from_losses(connection: Connection, valid: ValidReport) -> None:
    """Remove the numbers of a report from the losses; the rest of the range stays."""
    loss = _loss(connection, valid)
    assert loss is not None, "only a report that is listed as lost can be found"
    identity, key = valid.identity, lost_sequences.c
    connection.execute(
        lost_sequences.delete().where(
            key.device == loss.device,
            key.stream_id == loss.stream_id,
            key.first_sequence == loss.first_sequence,
        )
    )
    remaining = ((loss.first_sequence, identity.first - 1), (identity.last + 1, loss.last_sequence))
    rows = [
        {**loss._mapping, "first_sequence": first, "last_sequence": last}
        for first, last in remaining
        if first <= last
    ]
    if rows:
        connection.execute(lost_sequences.insert(), rows)


def _loss(connection: Connection, valid: ValidReport) -> Row[Any] | None:
    identity, key = valid.identity, lost_sequences.c
    query = select(lost_sequences).where(
        key.device == identity.address.device,
        key.stream_id == identity.stream_id,
        key.first_sequence <= identity.first,
        key.last_sequence >= identity.last,
    )
    return connection.execute(query).first()


def _number(valid: ValidReport) -> Number:
    identity = valid.identity
    return identity.address.device, identity.stream_id, identity.first


def _covering_body(connection: Connection, valid: ValidReport) -> str | None:
    """The body of the stored report whose range contains the first of these numbers."""
    identity, stored = valid.identity, reports.c
    query = (
        select(stored.body, stored.last_sequence)
        .where(stored.device == identity.address.device, stored.stream_id == identity.stream_id)
        .where(stored.first_sequence < identity.first)
        .order_by(stored.first_sequence.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return row.body if row is not None and row.last_sequence >= identity.first else None


def _is_same(stored: AudienceReport, report: AudienceReport) -> bool:
    """Whether both are the same report, or one contains the time of the other.

    The location may have been renamed since, and one may be the other downsampled with more.
    """
    if stored.sequence == report.sequence:
        return structs.replace(stored, location=report.location) == report
    inner, outer = sorted((stored, report), key=lambda one: one.ends_at - one.starts_at)
    return outer.starts_at <= inner.starts_at and inner.ends_at <= outer.ends_at


def _stored(connection: Connection, numbers: Sequence[Number]) -> Mapping[Number, str]:
    """The bodies of the reports that begin with these numbers."""
    if not numbers:
        return {}
    dialect = connection.dialect.name
    if dialect == "postgresql":
        devices, streams, firsts = zip(*numbers, strict=True)
        values: dict[str, Any] = {
            "devices": [*devices], "streams": [*streams], "firsts": [*firsts],
        }  # fmt: skip
    else:
        values = {"numbers": msgspec.json.encode(numbers).decode()}
    rows = connection.execute(_stored_query(dialect), values)
    return {(device, stream_id, first): body for device, stream_id, first, body in rows}


@cache
def _stored_query(dialect: str) -> Select[*tuple[Any, ...]]:
    device: ColumnElement[Any]
    stream_id: ColumnElement[Any]
    first: ColumnElement[Any]
    if dialect == "postgresql":
        requested = (
            func.unnest(
                bindparam("devices", type_=ARRAY(Text)),
                bindparam("streams", type_=ARRAY(Text)),
                bindparam("firsts", type_=ARRAY(BigInteger)),
            )
            .table_valued("device", "stream_id", "first", name="requested")
            .render_derived()
        )
        device, stream_id, first = requested.c.device, requested.c.stream_id, requested.c.first
    else:
        requested = func.json_each(bindparam("numbers", type_=Text)).table_valued(
            "value", name="requested"
        )
        device, stream_id, first = (
            func.json_extract(requested.c.value, f"$[{index}]") for index in range(3)
        )
    stored = reports.c
    return select(stored.device, stored.stream_id, stored.first_sequence, stored.body).join_from(
        requested,
        reports,
        and_(
            stored.device == device, stored.stream_id == stream_id, stored.first_sequence == first
        ),
    )
