"""Writes the file of receipts of a campaign: what the log has of its booked time, with proofs."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec
from cryptography import x509
from sqlalchemy import Connection, Row, select

from cloud.database.receipts import receipts
from cloud.receipts.appending import read_device_certificates
from cloud.receipts.booked_receipts import select_booked
from cloud.receipts.checkpoint_store import StoredCheckpoint
from cloud.receipts.coverage import find_missing
from cloud.receipts.log_store import prove_inclusion
from cloud.receipts.receipt_file import (
    Manifest,
    ProvedReceipt,
    ReceiptLine,
    TimeSpan,
    write_text,
)
from cloud.receipts.signing_keys import LogKeys
from cloud.receipts.tlog_proof import LogProof
from wire.receipts.dsse import Envelope
from wire.receipts.receipt import CreativeRecord, decode_receipt, encode_canonical

MOST_RECEIPTS: Final = 20_000  # about 50 MB: a week of half minutes of one camera
PROOFS_AT_ONCE: Final = 500
_COLUMNS: Final = tuple(
    receipts.c[name]
    for name in (
        "entry", "location", "device", "starts_at", "ends_at", "keyid", "envelope", "creatives"
    )
)  # fmt: skip


class ExportTooLargeError(ValueError):
    """More receipts than one file holds."""


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """The campaign and its lines, each with the booked time and devices to export."""

    account: str
    advertiser: str
    campaign: str
    lines: tuple[ReceiptLine, ...]


def export_receipts(
    connection: Connection,
    request: ExportRequest,
    checkpoint: StoredCheckpoint,
    keys: LogKeys,
    now: datetime,
) -> str:
    """The signed file, of the log as of the checkpoint; only reads. Raises ExportTooLargeError."""
    rows = _read_rows(connection, request.lines, checkpoint.size)
    ids = _list_location_ids(rows)
    lines = tuple(_with_location_ids(line, ids) for line in request.lines)
    spans = [(_camera_of(row), _span_of(row)) for row in rows]
    manifest = Manifest(
        account=request.account,
        advertiser=request.advertiser,
        campaign=request.campaign,
        log_keys=tuple(key.text for key in keys.public),
        created_at=now,
        lines=lines,
        missing=tuple(find_missing(lines, spans)),
    )
    chains = _read_chains(connection, rows)
    proofs = list(_prove(connection, rows, lines, checkpoint.size, checkpoint.note))
    return keys.sign("".join(write_text(manifest, chains, proofs))).encoded


def _read_rows(
    connection: Connection, lines: Sequence[ReceiptLine], size: int
) -> Sequence[Row[Any]]:
    """The receipts that overlap the booked time, in the order of the log."""
    found: dict[int, Row[Any]] = {}
    for condition in select_booked(lines, size):
        for row in connection.execute(select(*_COLUMNS).where(condition).limit(MOST_RECEIPTS + 1)):
            found[row.entry] = row
        if len(found) > MOST_RECEIPTS:
            raise ExportTooLargeError(
                f"more than {MOST_RECEIPTS:,} receipts: export a part of the time, or one line"
            )
    return [found[entry] for entry in sorted(found)]


def _prove(
    connection: Connection,
    rows: Sequence[Row[Any]],
    lines: Sequence[ReceiptLine],
    size: int,
    note: str,
) -> Iterator[LogProof]:
    creatives = _list_creatives(lines)
    for start in range(0, len(rows), PROOFS_AT_ONCE):
        some = rows[start : start + PROOFS_AT_ONCE]
        paths = prove_inclusion(connection, [row.entry for row in some], size)
        for row, path in zip(some, paths, strict=True):
            extra = encode_canonical(_to_proved(row, creatives.get(row.location, frozenset())))
            yield LogProof(extra, row.entry, path, note)


def _to_proved(row: Row[Any], creatives: frozenset[str]) -> ProvedReceipt:
    records = msgspec.json.decode(row.creatives, type=tuple[CreativeRecord, ...])
    envelope = msgspec.json.decode(row.envelope, type=Envelope)
    shown = tuple(one for one in records if one.creative in creatives)
    return ProvedReceipt(envelope=envelope, creatives=shown)


def _list_creatives(lines: Iterable[ReceiptLine]) -> Mapping[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for line in lines:
        found[line.location] = found.get(line.location, frozenset()) | frozenset(line.creatives)
    return found


def _list_location_ids(rows: Iterable[Row[Any]]) -> Mapping[str, set[str]]:
    """The ids that each location has in receipts."""
    ids: dict[str, set[str]] = {}
    for row in rows:
        envelope = msgspec.json.decode(row.envelope, type=Envelope)
        ids.setdefault(row.location, set()).add(decode_receipt(envelope).location)
    return ids


def _with_location_ids(line: ReceiptLine, ids: Mapping[str, set[str]]) -> ReceiptLine:
    found = {line.location} | ids.get(line.location, set())
    return msgspec.structs.replace(line, location_ids=tuple(sorted(found)))


def _read_chains(
    connection: Connection, rows: Iterable[Row[Any]]
) -> list[tuple[x509.Certificate, ...]]:
    found = read_device_certificates(connection, {row.keyid for row in rows})
    known = [found[keyid] for keyid in sorted(found)]
    return [(one.leaf, *one.intermediates) for one in known if one is not None]


def _camera_of(row: Row[Any]) -> tuple[str, str]:
    return row.location, row.device


def _span_of(row: Row[Any]) -> TimeSpan:
    return TimeSpan(starts_at=row.starts_at, ends_at=row.ends_at)
