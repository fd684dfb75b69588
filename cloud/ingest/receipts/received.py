"""Receipts that arrive with reports: read, compared with their report, stored beside it.

A receipt that cannot be read or contradicts its report is stored as rejected; its report is counted
all the same. Signature and certificate are verified when the receipt is appended to the log.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec import UNSET
from sqlalchemy import Connection

from cloud.database import insert
from cloud.database.receipts import receipt_certificates, receipts
from cloud.ingest.receipts.chains import read_owner
from wire.audience import AudienceReport
from wire.receipts.receipt import (
    ReceiptError,
    decode_signed_receipt,
    encode_canonical,
    list_records,
    require_match,
)

LONGEST_REASON: Final = 500
STORED_CHARACTERS: Final = 16 * 1024  # of a receipt that cannot be read


@dataclass(frozen=True, slots=True)
class ReceivedReceipt:
    """A receipt to store. `reason` says why it is rejected; empty: it is not, so far."""

    envelope: str
    keyid: str = ""
    creatives: str = "[]"
    chain: str = ""
    reason: str = ""


def read_receipt(text: str, report: AudienceReport) -> ReceivedReceipt:
    """Read the receipt of a report, which is as the device sent it; never raises."""
    try:
        signed = decode_signed_receipt(text)
        require_match(signed, report)
    except ReceiptError as error:
        return ReceivedReceipt(text[:STORED_CHARACTERS], reason=str(error)[:LONGEST_REASON])
    keyid = signed.envelope.signature.keyid
    chain = "" if signed.certificates is UNSET else signed.certificates
    owner, reason = read_owner(chain), ""
    if owner is None or owner.keyid != keyid:
        chain = ""
    elif owner.device != report.device:
        chain, reason = "", f"signed with the certificate of {owner.device or 'nobody'}"
    return ReceivedReceipt(
        encode_canonical(signed.envelope).decode(),
        keyid,
        msgspec.json.encode(list_records(report, signed.seed)).decode(),
        chain,
        reason,
    )


def store_receipts(
    connection: Connection,
    received: Iterable[tuple[AudienceReport, ReceivedReceipt]],
    now: datetime,
) -> None:
    """Store the receipts of reports that are counted in this transaction, each once."""
    every = list(received)
    if not every:
        return
    dialect = connection.dialect.name
    rows = [_to_row(report, one, now) for report, one in every]
    connection.execute(insert(dialect, receipts).on_conflict_do_nothing(), rows)
    chains = {
        one.keyid: {
            "keyid": one.keyid, "device": report.device, "chain": _printable(one.chain),
            "received_at": now,
        }
        for report, one in every
        if one.chain
    }  # fmt: skip
    if chains:
        rows = [chains[keyid] for keyid in sorted(chains)]
        connection.execute(insert(dialect, receipt_certificates).on_conflict_do_nothing(), rows)


def _to_row(report: AudienceReport, one: ReceivedReceipt, now: datetime) -> dict[str, Any]:
    return {
        "device": report.device,
        "stream_id": report.journal,
        "first_sequence": report.sequence.first,
        "last_sequence": report.sequence.last,
        "location": report.location,
        "starts_at": report.starts_at,
        "ends_at": report.ends_at,
        "keyid": one.keyid,
        "envelope": _printable(one.envelope),
        "creatives": one.creatives,
        "state": "rejected" if one.reason else "pending",
        "reason": _printable(one.reason) or None,
        "received_at": now,
    }


def _printable(text: str) -> str:
    """Without what PostgreSQL does not store."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")
