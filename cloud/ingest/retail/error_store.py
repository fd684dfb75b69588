"""Store refused points in the error queue, up to a limit of each source; count the others.

A point that is refused again is the same entry: it is counted, and shows the newest reason.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, func, select

from cloud.database import insert
from cloud.database.retail import retail_error_counts, retail_errors
from cloud.ingest.retail.batch_lookup import find_by_columns
from cloud.ingest.retail.price_error import LONGEST_PAYLOAD, PriceError

DIGEST_BYTES: Final = 16
LONGEST_POSITION: Final = 200


class ErrorState(StrEnum):
    """What became of an entry."""

    OPEN = "open"
    REPAIRED = "repaired"  # committed with changed fields
    REPLAYED = "replayed"  # committed as it was
    CLOSED = "closed"  # will not be committed


@dataclass(frozen=True, slots=True)
class ErrorLimits:
    """Open entries that are stored; beyond them, errors are only counted."""

    of_source: int = 10_000
    in_all: int = 100_000


def store_errors(
    connection: Connection,
    source: str,
    errors: Sequence[PriceError],
    now: datetime,
    limits: ErrorLimits,
) -> int:
    """Store the errors of a batch; returns how many were left out."""
    if not errors:
        return 0
    by_digest = {digest_error(source, one.payload): one for one in errors}
    times = Counter(digest_error(source, one.payload) for one in errors)
    wanted = [(one,) for one in sorted(by_digest)]
    rows = find_by_columns(connection, retail_errors, ("digest",), wanted, ("digest",))
    known = {digest for (digest,) in rows}
    fresh = [digest for digest in by_digest if digest not in known]
    stored = known | set(fresh[: _count_free(connection, source, limits) if fresh else 0])
    for digest, error in by_digest.items():
        if digest in stored:
            _write(connection, source, digest, error, times[digest], now)
    left_out = Counter(one.reason for digest, one in by_digest.items() if digest not in stored)
    entered = Counter(by_digest[digest].reason for digest in stored - known)
    _count(connection, source, entered, left_out, now)
    return left_out.total()


def digest_error(source: str, payload: bytes) -> str:
    """What identifies an entry."""
    content = source.encode() + b"\0" + payload
    return hashlib.blake2b(content, digest_size=DIGEST_BYTES).hexdigest()


def _count_free(connection: Connection, source: str, limits: ErrorLimits) -> int:
    rows = retail_errors.c
    counted = select(func.count()).select_from(retail_errors).where(rows.state == ErrorState.OPEN)
    in_all = connection.execute(counted).scalar_one()
    of_source = connection.execute(counted.where(rows.source == source)).scalar_one()
    return max(0, min(limits.in_all - in_all, limits.of_source - of_source))


def _write(
    connection: Connection, source: str, digest: str, error: PriceError, times: int, now: datetime
) -> None:
    described = {
        "reason": str(error.reason),
        "field": error.field,
        "found": error.found,
        "expected": error.expected,
        "last_received_at": now,
    }
    row: dict[str, Any] = described | {
        "digest": digest,
        "source": source,
        "position": error.position[:LONGEST_POSITION],
        "payload": show_payload(error.payload),
        "payload_bytes": len(error.payload),
        "times": times,
        "first_received_at": now,
        "state": ErrorState.OPEN,
    }
    into = insert(connection.dialect.name, retail_errors).values(row)
    again = described | {"times": retail_errors.c.times + times}
    connection.execute(into.on_conflict_do_update(index_elements=["digest"], set_=again))


def show_payload(payload: bytes) -> str:
    """The stored text of a payload: cut when it is long; PostgreSQL stores no NUL."""
    text = payload[:LONGEST_PAYLOAD].decode(errors="backslashreplace")
    return text.replace("\0", "\\x00")


def _count(
    connection: Connection,
    source: str,
    stored: Counter[Any],
    left_out: Counter[Any],
    now: datetime,
) -> None:
    rows = retail_error_counts.c
    for reason in sorted(stored.keys() | left_out.keys()):
        first = {"stored": stored[reason], "left_out": left_out[reason], "last_at": now}
        into = insert(connection.dialect.name, retail_error_counts).values(
            {"source": source, "reason": str(reason), **first}
        )
        more = {
            "stored": rows.stored + stored[reason],
            "left_out": rows.left_out + left_out[reason],
            "last_at": now,
        }
        connection.execute(
            into.on_conflict_do_update(index_elements=["source", "reason"], set_=more)
        )
