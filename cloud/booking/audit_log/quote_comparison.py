"""Entries in the audit log about locked quotes, and the comparison of the table with them."""

import hashlib
import zlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Connection

from cloud.auth import audit
from cloud.auth.audit import AuditEntry
from cloud.auth.audit_comparisons import Details, describe_differences, parse_instant, read_rows
from cloud.booking.quote_locks import RETENTION, LockedQuote
from cloud.database.holds import quote_locks

LOCK: Final = "quote.lock"


def record_quote(connection: Connection, quote: LockedQuote, by: str) -> None:
    """Write the entry of a quote, with the digest of its prices."""
    details: dict[str, Any] = {
        "account": quote.account,
        "total_minor": quote.total_minor,
        "currency": quote.currency,
        "delivery": quote.delivery,
        "slots": len(quote.slots),
        "valid_until": quote.valid_until.isoformat(),
        "content": _digest(msgspec.json.encode(quote.slots)),
    }
    audit.record_change(
        connection, at=quote.created_at, actor=by[:120], action=LOCK, about=quote.id,
        details=details,
    )  # fmt: skip


class QuoteComparison:
    """`quote_locks`: as they were locked; a quote is deleted a while after its end."""

    def __init__(self) -> None:
        self._locked: dict[str, tuple[AuditEntry, Details]] = {}

    def add_entry(self, entry: AuditEntry, details: Details) -> None:
        if entry.action == LOCK:
            self._locked[entry.object] = entry, details

    def findings(self, connection: Connection, now: datetime) -> Iterator[str]:
        missing = dict(self._locked)
        for row in read_rows(connection, quote_locks):
            logged = missing.pop(row["id"], None)
            if logged is None:
                yield f"quote_locks: quote {row['id']} has no entry that it was locked"
            else:
                yield from _compare(row, *logged)
        for name, (entry, details) in sorted(missing.items()):
            if datetime.fromisoformat(details["valid_until"]) >= now - RETENTION:
                yield from describe_differences(f"quote_locks: quote {name}", entry, None)


def _compare(row: Any, entry: AuditEntry, details: Details) -> Iterator[str]:
    what = f"quote_locks: quote {row['id']}"
    wanted = {name: details[name] for name in ("account", "total_minor", "currency")}
    if "content" in details:  # not in entries of older versions
        wanted["delivery"] = details["delivery"]
        if _digest(zlib.decompress(row["slots"])) != details["content"]:
            yield f"{what} has other slots or prices than those of entry {entry.number}"
    yield from describe_differences(
        what, entry, row, created_at=entry.at,
        valid_until=parse_instant(details["valid_until"]), **wanted,
    )  # fmt: skip


def _digest(encoded: bytes) -> str:
    return hashlib.sha256(encoded).hexdigest()[:32]
