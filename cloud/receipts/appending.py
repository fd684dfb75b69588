"""Appends stored receipts to the log, after their signature and certificate are verified.

A refused receipt stays in the table with the reason. One whose certificate is unknown waits: its
device sends the certificate again within a hundred reports, and an operator can add one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from cryptography import x509
from sqlalchemy import Connection, Row, bindparam, select, update

from cloud.database.receipts import receipt_certificates, receipts
from cloud.ingest.receipts.chains import CertificateError
from cloud.receipts.device_certificates import (
    DeviceCertificate,
    read_certificates,
    to_device_certificate,
)
from cloud.receipts.log_store import append_entries, lock_head
from wire.receipts.dsse import Envelope

AT_ONCE: Final = 500
LONGEST_REASON: Final = 500
_COLUMNS: Final = tuple(
    receipts.c[name] for name in ("id", "device", "starts_at", "ends_at", "keyid", "envelope")
)


@dataclass(frozen=True, slots=True)
class AppendResult:
    """How many receipts were appended, refused, and wait for their certificate."""

    appended: int = 0
    rejected: int = 0
    waiting: int = 0

    def __add__(self, other: "AppendResult") -> "AppendResult":
        return AppendResult(
            self.appended + other.appended,
            self.rejected + other.rejected,
            self.waiting + other.waiting,
        )

    @property
    def is_empty(self) -> bool:
        """Whether there was nothing to do."""
        return not (self.appended or self.rejected or self.waiting)


def has_pending(connection: Connection) -> bool:
    """Whether a receipt is to be appended; reads one row of an index."""
    query = select(receipts.c.id).where(receipts.c.state == "pending").limit(1)
    return connection.execute(query).first() is not None


def append_pending(
    connection: Connection, roots: Sequence[x509.Certificate] = (), *, limit: int = AT_ONCE
) -> AppendResult:
    """Append up to `limit` receipts, in the order of their arrival, in this transaction.

    With roots, the certificate of the device must lead to one of them.
    """
    size = lock_head(connection)
    rows = _read_pending(connection, limit)
    certificates = read_device_certificates(connection, {row.keyid for row in rows})
    waiting = [row.id for row in rows if row.keyid not in certificates]
    known = [row for row in rows if row.keyid in certificates]
    faults = {row.id: find_receipt_fault(row, certificates[row.keyid], roots) for row in known}
    accepted = [row for row in known if not faults[row.id]]
    if accepted:
        append_entries(connection, size, [row.envelope.encode() for row in accepted])
    _store(connection, accepted, size, {row: fault for row, fault in faults.items() if fault})
    _change(connection, [{"row": row} for row in waiting], state="waiting")
    return AppendResult(len(accepted), len(known) - len(accepted), len(waiting))


def find_receipt_fault(
    row: Row[Any], certificate: DeviceCertificate | None, roots: Sequence[x509.Certificate]
) -> str:
    """Why a receipt is refused; empty when it is not."""
    if certificate is None:
        return "its certificate cannot be read"
    if certificate.device != row.device:
        return f"signed with the certificate of {certificate.device or 'nobody'}"
    if not certificate.has_signed(msgspec.json.decode(row.envelope, type=Envelope)):
        return "the signature is wrong"
    if fault := certificate.find_time_fault(row.starts_at, row.ends_at):
        return f"the certificate is {fault}"
    if roots and (fault := certificate.find_chain_fault(roots, row.starts_at)):
        return f"the certificate does not lead to a root: {fault}"
    return ""


def read_device_certificates(
    connection: Connection, keyids: set[str]
) -> Mapping[str, DeviceCertificate | None]:
    """The known certificates by key id; None for one that cannot be read."""
    query = select(receipt_certificates.c.keyid, receipt_certificates.c.chain).where(
        receipt_certificates.c.keyid.in_(sorted(keyids))
    )
    return {keyid: _read_chain(keyid, chain) for keyid, chain in connection.execute(query)}


def resume_waiting(connection: Connection) -> int:
    """Return receipts to the queue whose certificate has become known; returns how many."""
    known = select(receipt_certificates.c.keyid)
    return connection.execute(
        receipts.update()
        .where(receipts.c.state == "waiting", receipts.c.keyid.in_(known))
        .values(state="pending")
    ).rowcount


def _read_pending(connection: Connection, limit: int) -> Sequence[Row[Any]]:
    resume_waiting(connection)
    query = select(*_COLUMNS).where(receipts.c.state == "pending")
    return connection.execute(query.order_by(receipts.c.id).limit(limit)).all()


def _store(
    connection: Connection, accepted: Sequence[Row[Any]], size: int, faults: Mapping[int, str]
) -> None:
    logged = [{"row": row.id, "number": size + n} for n, row in enumerate(accepted)]
    _change(connection, logged, state="logged", entry=bindparam("number"))
    rejected = [{"row": row, "why": fault[:LONGEST_REASON]} for row, fault in faults.items()]
    _change(connection, rejected, state="rejected", reason=bindparam("why"))


def _change(connection: Connection, rows: Sequence[Mapping[str, Any]], **values: Any) -> None:
    if rows:
        changed = update(receipts).where(receipts.c.id == bindparam("row"))
        connection.execute(changed.values(values), rows)


def _read_chain(keyid: str, chain: str) -> DeviceCertificate | None:
    try:
        found = to_device_certificate(read_certificates(chain.encode()))
    except CertificateError:
        return None
    return found if found.keyid == keyid else None
