"""Devices with certificates of a small authority, their signed receipts, and a file of them."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import structs

from cloud.receipts import merkle
from cloud.receipts.checkpoint import LogCheckpoint
from cloud.receipts.coverage import find_missing
from cloud.receipts.device_certificates import read_certificates
from cloud.receipts.receipt_file import (
    Manifest,
    MissingInterval,
    ProvedReceipt,
    ReceiptLine,
    TimeSpan,
    write_text,
)
from cloud.receipts.signed_note import ED25519, Note, NoteKey, sign_text
from cloud.receipts.tlog_proof import LogProof
from edge_agent.reporting.receipt_signing import KeyPair, sign_receipt
from provisioning.authority.profiles import (
    CertificateKind,
    CertificateSubject,
    Issuer,
    build_authority,
    build_leaf,
)
from tests.report_builder import build_report
from wire.audience import AudienceReport, CreativeSum
from wire.receipts.receipt import SignedReceipt, decode_receipt, encode_canonical, list_records
from wire.scalars import SequenceRange

NINE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
HALF_MINUTE = timedelta(seconds=30)
DAY = timedelta(days=1)
ORIGIN = "onlooker/receipts"
LOG_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC_LOG_KEY = NoteKey(ORIGIN, ED25519, LOG_KEY.public_key())
PLAYED = CreativeSum(
    plays=3, observed_ms=15_000, person_ms=9_000, facing_ms=5_000, looking_ms=4_000, unsure_ms=0
)
OTHER = CreativeSum(
    plays=1, observed_ms=15_000, person_ms=1_000, facing_ms=500, looking_ms=200, unsure_ms=0
)


class Authority:
    """A root, and an intermediate that signs devices."""

    def __init__(self, name: str = "Test", at: datetime = NINE - 30 * DAY) -> None:
        keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
        year = 365 * DAY
        self.root = build_authority(f"{name} root", keys[0], at=at, lifetime=year, depth=1)
        under = Issuer(self.root, keys[0])
        self.middle = build_authority(f"{name} devices", keys[1], at=at, lifetime=year, under=under)
        self._issuer = Issuer(self.middle, keys[1])

    def enrol(
        self,
        device: str = "kx-01-cam-1",
        *,
        at: datetime = NINE - DAY,
        lifetime: timedelta = 7 * DAY,
    ) -> KeyPair:
        """The key and certificate of a device."""
        key = ec.generate_private_key(ec.SECP256R1())
        who = CertificateSubject(CertificateKind.DEVICE, device, "KX-01")
        leaf = build_leaf(who, key.public_key(), self._issuer, at=at, lifetime=lifetime)
        chain = [one.public_bytes(serialization.Encoding.PEM) for one in (leaf, self.middle)]
        keyid = read_keyid(leaf)
        return KeyPair(key, keyid, b"".join(chain).decode())


def read_keyid(leaf: Any) -> str:
    return leaf.fingerprint(hashes.SHA256()).hex()


def measure(number: int, **fields: Any) -> AudienceReport:
    """The half minute number `number` of a camera, 1 begins at nine."""
    starts_at = NINE + (number - 1) * HALF_MINUTE
    values = {
        "location": "KX-01",
        "device": "kx-01-cam-1",
        "journal": "00000000000000a1",
        "sequence": SequenceRange(first=number, last=number),
        "starts_at": starts_at,
        "ends_at": starts_at + HALF_MINUTE,
        "observed_ms": 30_000,
        "person_ms": 10_000,
        "facing_ms": 5_500,
        "looking_ms": 4_200,
        "creatives": {"cola/spot": PLAYED, "shoes/spot": OTHER},
    }
    return build_report(**{**values, **fields})


@dataclass(frozen=True)
class Entry:
    """A receipt with the report that it is of."""

    report: AudienceReport
    signed: SignedReceipt

    def prove(self, creatives: Sequence[str]) -> ProvedReceipt:
        records = list_records(self.report, self.signed.seed)
        shown = tuple(one for one in records if one.creative in creatives)
        return ProvedReceipt(envelope=self.signed.envelope, creatives=shown)


def sign_all(pair: KeyPair, reports: Sequence[AudienceReport]) -> list[Entry]:
    return [Entry(one, sign_receipt(one, pair, certificates=False)) for one in reports]


def build_line(minutes: int = 2, devices: Sequence[str] = ("kx-01-cam-1",)) -> ReceiptLine:
    booked = TimeSpan(starts_at=NINE, ends_at=NINE + timedelta(minutes=minutes))
    return ReceiptLine(
        line_id="SO-1-1",
        location="KX-01",
        location_ids=("KX-01",),
        creatives=("cola/spot",),
        devices=tuple(devices),
        booked=(booked,),
    )


def build_manifest(
    entries: Sequence[Entry], line: ReceiptLine, missing: Sequence[MissingInterval] | None = None
) -> Manifest:
    covered = [
        (
            ("KX-01", one.report.device),
            TimeSpan(starts_at=one.report.starts_at, ends_at=one.report.ends_at),
        )
        for one in entries
    ]
    return Manifest(
        account="cola",
        advertiser="Cola",
        campaign="Winter",
        log_keys=(PUBLIC_LOG_KEY.text,),
        created_at=NINE + DAY,
        lines=(line,),
        missing=tuple(find_missing([line], covered) if missing is None else missing),
    )


class MemoryLog:
    """A log whose nodes are in memory."""

    def __init__(self, entries: Sequence[bytes]) -> None:
        self.size = len(entries)
        leaves = [merkle.hash_leaf(one) for one in entries]
        self.read = merkle.read_from(nodes := {})
        nodes.update(merkle.add_leaves(0, leaves, self.read))

    def root(self, size: int | None = None) -> bytes:
        return merkle.hash_range((0, self.size if size is None else size), self.read)

    def prove(self, index: int) -> tuple[bytes, ...]:
        ranges = merkle.list_inclusion_ranges(index, self.size)
        return tuple(merkle.hash_range(one, self.read) for one in ranges)

    def checkpoint(self, key: Ed25519PrivateKey = LOG_KEY) -> str:
        text = LogCheckpoint(ORIGIN, self.size, self.root()).text
        return Note(text, (sign_text(text, ORIGIN, key),)).encoded


def write_file(
    entries: Sequence[Entry],
    pairs: Sequence[KeyPair],
    *,
    manifest: Manifest | None = None,
    key: Ed25519PrivateKey = LOG_KEY,
    checkpoint: str | None = None,
    changed: dict[int, Any] | None = None,
) -> bytes:
    """A file of these receipts; `changed` replaces fields of the proof at an index."""
    log = MemoryLog([encode_canonical(one.signed.envelope) for one in entries])
    note = checkpoint or log.checkpoint(key)
    proofs = []
    for index, one in enumerate(entries):
        extra = encode_canonical(one.prove(["cola/spot"]))
        values = {"extra": extra, "index": index, "path": log.prove(index), "checkpoint": note}
        proofs.append(LogProof(**{**values, **(changed or {}).get(index, {})}))
    found = manifest or build_manifest(entries, build_line())
    chains = [read_certificates(pair.certificates.encode()) for pair in pairs]
    text = "".join(write_text(found, chains, proofs))
    return Note(text, (sign_text(text, ORIGIN, key),)).encoded.encode()


def alter(entry: Entry, **fields: Any) -> Entry:
    """The same signature over other values."""
    envelope = entry.signed.envelope
    receipt = structs.replace(decode_receipt(envelope), **fields)
    payload = base64.b64encode(encode_canonical(receipt)).decode()
    signed = structs.replace(entry.signed, envelope=structs.replace(envelope, payload=payload))
    return Entry(entry.report, signed)


def damage_version(der: bytes) -> bytes:
    """A certificate of a version that there is not."""
    return der.replace(bytes([0xA0, 3, 2, 1, 2]), bytes([0xA0, 3, 2, 1, 57]), 1)


def damage_subject(der: bytes) -> bytes:
    """A certificate whose common name is no UTF-8."""
    return der.replace(b"kx-01-cam-1", b"kx-01-cam-\xff", 1)


def to_pem(der: bytes) -> str:
    text = base64.encodebytes(der).decode()
    return f"-----BEGIN CERTIFICATE-----\n{text}-----END CERTIFICATE-----\n"
