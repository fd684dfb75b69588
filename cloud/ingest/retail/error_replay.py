"""Replay an entry of the error queue, with changed fields or as it is: it is committed once.

It is validated like a new point, in one transaction with what becomes of the entry. A point that
is refused again stays in the queue, with the newest reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Engine, Row

from cloud.database import writing
from cloud.database.retail import retail_errors
from cloud.ingest.retail.commit import IngestContext, PriceBatch, commit_valid
from cloud.ingest.retail.decode import ReceivedPoint, decode_point
from cloud.ingest.retail.error_queue import read_open, record_action, settle
from cloud.ingest.retail.error_store import ErrorState
from cloud.ingest.retail.price_error import PriceError
from cloud.retail_wire import PriceMessage

WHOLE_NUMBERS: Final = ("units", "inventory")


class PointRepairError(ValueError):
    """A repair that cannot be tried: an unknown field, or a payload that is not stored whole."""


@dataclass(frozen=True, slots=True)
class Repair:
    """What to change: `changes` by field, None removes it; `confirms_outlier` accepts the price."""

    changes: Mapping[str, str | None] = field(default_factory=dict)
    confirms_outlier: bool = False


@dataclass(frozen=True, slots=True)
class ReplayOutcome:
    """Whether the point is committed now or was before, and a sentence about it."""

    is_committed: bool
    sentence: str


def replay_error(
    engine: Engine,
    number: int,
    repair: Repair,
    *,
    context: IngestContext,
    actor: str,
    now: datetime,
) -> ReplayOutcome:
    """Replay one entry.

    Raises:
        UnknownEntryError, SettledEntryError, PointRepairError: nothing is changed.
    """
    with writing(engine) as connection:
        found = read_open(connection, number)
        payload = _apply(found, repair)
        read = decode_point(payload, found.position)
        batch = PriceBatch(
            found.source, [ReceivedPoint(found.position, read)], now, repair.confirms_outlier
        )
        result = commit_valid(connection, batch, context)
        if result.errors:
            _describe_again(connection, found, result.errors[0], repair)
            return ReplayOutcome(False, f"refused again: {result.errors[0]}")
        sentence = "committed" if result.committed else "was committed before"
        _settle(connection, found, payload, repair, actor, now, sentence)
        return ReplayOutcome(True, sentence)


def _apply(found: Row[Any], repair: Repair) -> bytes:
    """The payload with the changes, as JSON."""
    unknown = sorted(repair.changes.keys() - set(PriceMessage.__struct_fields__))
    if unknown:
        raise PointRepairError(f"a price point has no field {unknown[0]!r}: see docs/retail.md")
    is_whole = found.payload_bytes == len(found.payload.encode())
    if not repair.changes:
        if not is_whole:
            raise PointRepairError(
                f"only a part of the {found.payload_bytes} bytes of entry {found.id} is stored: "
                "repair it with all fields"
            )
        return bytes(found.payload.encode())
    fields = _read_fields(found.payload) if is_whole else {}
    for name, value in repair.changes.items():
        if value is None:
            fields.pop(name, None)
        else:
            fields[name] = _read_value(name, value)
    return msgspec.json.encode(fields)


def _read_fields(payload: str) -> dict[str, Any]:
    """The known fields of a payload; none where it is no object, so that all must be given."""
    try:
        fields = msgspec.json.decode(payload.encode(), type=dict[str, Any])
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return {}
    return {name: fields[name] for name in PriceMessage.__struct_fields__ if name in fields}


def _read_value(name: str, text: str) -> str | int:
    digits = text.removeprefix("-")
    is_number = name in WHOLE_NUMBERS and digits.isascii() and digits.isdigit()
    return int(text) if is_number and len(text) < 20 else text


def _describe_again(
    connection: Connection, found: Row[Any], error: PriceError, repair: Repair
) -> None:
    """Of a replay without changes: the reason may be another one now."""
    if repair.changes:
        return
    connection.execute(
        retail_errors.update()
        .where(retail_errors.c.id == found.id)
        .values(
            reason=str(error.reason), field=error.field, found=error.found, expected=error.expected
        )
    )  # fmt: skip


def _settle(
    connection: Connection,
    found: Row[Any],
    payload: bytes,
    repair: Repair,
    actor: str,
    now: datetime,
    sentence: str,
) -> None:
    state = ErrorState.REPAIRED if repair.changes else ErrorState.REPLAYED
    repaired = payload.decode() if repair.changes else None
    settle(connection, found, state, actor=actor, now=now, repaired=repaired)
    record_action(
        connection, f"retail_error.{'repair' if repair.changes else 'replay'}", found, actor, now,
        outcome=sentence, fields=sorted(repair.changes), confirms_outlier=repair.confirms_outlier,
    )  # fmt: skip
