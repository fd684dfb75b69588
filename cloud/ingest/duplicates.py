"""Reports whose sequence numbers are acknowledged already: repeated, reused or recorded as lost.

A repeated report changes nothing. A device whose outbox was restored from an older copy uses its
numbers again for other reports: these are dead letters, because counting them would break
exactly-once. A report that was recorded as lost and arrives after all is counted.

Counted reports are kept for a limited time (`retention --reports-days`, 30 days). A number whose
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
    "its sequence number was used before, for a report that says something else: the outbox was "
    "put back from an older copy, or copied to a second device. It is not counted; `dead-letters "
    "replay` counts it"
)
_decoder = msgspec.json.Decoder(AudienceReport)


class RepeatKind(Enum):
    """What a report with settled numbers is."""

    SAME = auto()
    REUSED = auto()
    LOST = auto()  # given up as lost, and here after all


Number = tuple[str, str, int]
"""Device, stream_id and first sequence."""


class DuplicateCheck:
    """Compares reports with what was counted under their numbers."""

    def __init__(self, connection: Connection, sounds: Sequence[ValidReport]) -> None:
        self._connection = connection
        self._kept = _kept(connection, sorted({_number(sound) for sound in sounds}))
        self._oldest_at: datetime | None = None

    def kind(self, sound: ValidReport, lately: Iterable[ValidReport]) -> RepeatKind:
        """What the report is; `lately` was counted, and is not in the database yet."""
        which = sound.identity
        for other in lately:
            if other.identity.covers(which):
                return (
                    RepeatKind.SAME if _is_same(other.report, sound.report) else RepeatKind.REUSED
                )
        body = self._kept.get(_number(sound))
        if body is not None and body == encode_report(sound.report).decode():
            return RepeatKind.SAME
        if body is None:
            body = _covering(self._connection, sound)
        if body is not None:
            return (
                RepeatKind.SAME
                if _is_same(_decoder.decode(body), sound.report)
                else RepeatKind.REUSED
            )
        if _loss(self._connection, sound) is not None:
            return RepeatKind.LOST
        if self._was_dead_letter(sound) or not self._would_be_kept(sound.report):
            return RepeatKind.SAME
        return RepeatKind.REUSED

    def _would_be_kept(self, report: AudienceReport) -> bool:
        """Whether the report of that number, received after this one ended, would be here still."""
        if self._oldest_at is None:
            oldest = self._connection.execute(select(func.min(reports.c.received_at))).scalar()
            self._oldest_at = oldest or report.ends_at
        return report.ends_at - FURTHEST_AHEAD > self._oldest_at

    def _was_dead_letter(self, sound: ValidReport) -> bool:
        which, letters = sound.identity, dead_letters.c
        query = (
            select(letters.id)
            .where(letters.device == which.address.device, letters.stream_id == which.stream_id)
            .where(letters.first_sequence <= which.last, letters.last_sequence >= which.first)
            .limit(1)
        )
        return self._connection.execute(query).scalar() is not None


def remove_from_losses(connection: Connection, sound: ValidReport) -> None:
    """Take the numbers of a report off the list of losses; what remains of the range stays."""
    loss = _loss(connection, sound)
    assert loss is not None, "only a report that is listed as lost can be found"
    which, key = sound.identity, lost_sequences.c
    connection.execute(
        lost_sequences.delete().where(
            key.device == loss.device,
            key.stream_id == loss.stream_id,
            key.first_sequence == loss.first_sequence,
        )
    )
    rest = ((loss.first_sequence, which.first - 1), (which.last + 1, loss.last_sequence))
    rows = [
        {**loss._mapping, "first_sequence": first, "last_sequence": last}
        for first, last in rest
        if first <= last
    ]
    if rows:
        connection.execute(lost_sequences.insert(), rows)


def _loss(connection: Connection, sound: ValidReport) -> Row[Any] | None:
    which, key = sound.identity, lost_sequences.c
    query = select(lost_sequences).where(
        key.device == which.address.device,
        key.stream_id == which.stream_id,
        key.first_sequence <= which.first,
        key.last_sequence >= which.last,
    )
    return connection.execute(query).first()


def _number(sound: ValidReport) -> Number:
    which = sound.identity
    return which.address.device, which.stream_id, which.first


def _covering(connection: Connection, sound: ValidReport) -> str | None:
    """The body of the report that stands for the first of these numbers, with others."""
    which, kept = sound.identity, reports.c
    query = (
        select(kept.body, kept.last_sequence)
        .where(kept.device == which.address.device, kept.stream_id == which.stream_id)
        .where(kept.first_sequence < which.first)
        .order_by(kept.first_sequence.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return row.body if row is not None and row.last_sequence >= which.first else None


def _is_same(kept: AudienceReport, report: AudienceReport) -> bool:
    """Whether both are about the same time; of one range of numbers, whether they say the same.

    A location may have another name since, and one of the two may be the other merged with more.
    """
    if kept.sequence == report.sequence:
        return structs.replace(kept, location=report.location) == report
    inner, outer = sorted((kept, report), key=lambda one: one.ends_at - one.starts_at)
    return outer.starts_at <= inner.starts_at and inner.ends_at <= outer.ends_at


def _kept(connection: Connection, numbers: Sequence[Number]) -> Mapping[Number, str]:
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
    rows = connection.execute(_reading(dialect), values)
    return {(device, stream_id, first): body for device, stream_id, first, body in rows}


@cache
def _reading(dialect: str) -> Select[*tuple[Any, ...]]:
    device: ColumnElement[Any]
    stream_id: ColumnElement[Any]
    first: ColumnElement[Any]
    if dialect == "postgresql":
        wanted = func.unnest(
            bindparam("devices", type_=ARRAY(Text)),
            bindparam("streams", type_=ARRAY(Text)),
            bindparam("firsts", type_=ARRAY(BigInteger)),
        ).table_valued("device", "stream_id", "first", name="wanted").render_derived()  # fmt: skip
        device, stream_id, first = wanted.c.device, wanted.c.stream_id, wanted.c.first
    else:
        wanted = func.json_each(bindparam("numbers", type_=Text)).table_valued(
            "value", name="wanted"
        )
        device, stream_id, first = (
            func.json_extract(wanted.c.value, f"$[{place}]") for place in range(3)
        )
    kept = reports.c
    return select(kept.device, kept.stream_id, kept.first_sequence, kept.body).join_from(
        wanted,
        reports,
        and_(kept.device == device, kept.stream_id == stream_id, kept.first_sequence == first),
    )
