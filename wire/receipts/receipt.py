"""The receipt of a report: plays and audience sums of one interval, as the device signs them.

A receipt holds sums only, none that its report does not hold. Sums of creatives are in it as
digests of records, each with a salt of its own, so that an advertiser can be given the records of
its own creatives and learns nothing about those of others.

The payload is canonical JSON: sorted names, no blanks, integers and printable text (RFC 8785 for
such content). A payload in any other form is refused.
"""

import base64
import hashlib
from typing import Annotated, Final, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from wire.audience import (
    MAX_CREATIVES,
    REPORTED_CREATIVE,
    AudienceReport,
    BlindCause,
    CreativeSum,
)
from wire.receipts.dsse import DsseError, Envelope
from wire.scalars import (
    Count,
    Device,
    Instant,
    Journal,
    Location,
    Milliseconds,
    SequenceRange,
    WireMessage,
)

PAYLOAD_TYPE: Final = "application/vnd.onlooker.receipt+json"
MAX_RECEIPT_BYTES: Final = 64 * 1024  # 64 creatives and a chain of certificates need 20 KiB
SALT_BYTES: Final = 16
_SUMS: Final = (
    "person_ms", "facing_ms", "looking_ms", "unsure_ms", "entries", "visits", "onlookers",
)  # fmt: skip

Digest = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{43}$(?!\n)")]
Salt = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{22}$(?!\n)")]


class ReceiptError(ValueError):
    """A receipt that cannot be read, or contradicts its report."""


class AudienceTotals(WireMessage, frozen=True, kw_only=True):
    """The audience of the interval, all creatives together; fields as in the report."""

    person_ms: Milliseconds
    facing_ms: Milliseconds
    looking_ms: Milliseconds
    unsure_ms: Milliseconds
    entries: Count
    visits: Count
    onlookers: Count


class Receipt(WireMessage, frozen=True, kw_only=True):
    """What a device signs about one interval. `creatives` are digests of `CreativeRecord`s."""

    device: Device
    location: Location
    journal: Journal
    sequence: SequenceRange
    starts_at: Instant
    ends_at: Instant
    observed_ms: Milliseconds
    blind_ms: dict[BlindCause, Milliseconds]
    audience: AudienceTotals
    creatives: Annotated[tuple[Digest, ...], Meta(max_length=MAX_CREATIVES)]
    version: Literal["1"] = "1"

    @property
    def report_id(self) -> str:
        """The id of the report, unique because stream and sequence are."""
        return f"{self.journal}:{self.sequence.first}-{self.sequence.last}"


class CreativeRecord(WireMessage, frozen=True, kw_only=True):
    """Plays and audience during one creative. The salt keeps the digest from being guessed."""

    salt: Salt
    creative: Annotated[str, Meta(pattern=REPORTED_CREATIVE)]
    sums: CreativeSum

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON, in base64url without padding."""
        return _encode_url64(hashlib.sha256(encode_canonical(self)).digest())


class SignedReceipt(WireMessage, frozen=True, kw_only=True):
    """A receipt on its way to the cloud, beside its report.

    The salt of a creative's record is derived from the seed. `certificates` is the chain of the
    device in PEM, its own first; a device sends it with some of its receipts only.
    """

    envelope: Envelope
    seed: Salt
    certificates: Annotated[str, Meta(max_length=16 * 1024)] | UnsetType = UNSET


def build_receipt(report: AudienceReport, seed: str) -> Receipt:
    """The receipt of a report."""
    return Receipt(
        device=report.device,
        location=report.location,
        journal=report.journal,
        sequence=report.sequence,
        starts_at=report.starts_at,
        ends_at=report.ends_at,
        observed_ms=report.observed_ms,
        blind_ms=report.blind_ms,
        audience=AudienceTotals(**{name: getattr(report, name) for name in _SUMS}),
        creatives=tuple(sorted(record.digest for record in list_records(report, seed))),
    )


def list_records(report: AudienceReport, seed: str) -> tuple[CreativeRecord, ...]:
    """The records of the report's creatives, by name."""
    return tuple(
        CreativeRecord(salt=_derive_salt(seed, creative), creative=creative, sums=sums)
        for creative, sums in sorted((report.creatives or {}).items())
    )


def encode_canonical(value: object) -> bytes:
    """The one JSON text of a receipt or record."""
    return msgspec.json.encode(value, order="sorted")


def decode_receipt(envelope: Envelope) -> Receipt:
    """The receipt in an envelope, whose signature is not verified here; raises ReceiptError."""
    if envelope.payload_type != PAYLOAD_TYPE:
        raise ReceiptError(f"a payload of type {envelope.payload_type!r}: expected {PAYLOAD_TYPE}")
    try:
        payload = envelope.payload_bytes
        receipt = _receipt_decoder.decode(payload)
    except (DsseError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ReceiptError(f"the payload is no receipt: {error}") from None
    if encode_canonical(receipt) != payload:
        raise ReceiptError("the payload is not canonical JSON")
    return receipt


def decode_signed_receipt(text: str) -> SignedReceipt:
    """A receipt as devices send it; raises ReceiptError."""
    if len(text) > MAX_RECEIPT_BYTES:
        raise ReceiptError(f"a receipt of {len(text)} characters: at most {MAX_RECEIPT_BYTES}")
    try:
        return _signed_decoder.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise ReceiptError(f"not a receipt: {error}") from None


def require_match(signed: SignedReceipt, report: AudienceReport) -> Receipt:
    """The receipt, if it says what its report says; raises ReceiptError with the differing field.

    The signature is not verified here.
    """
    receipt = decode_receipt(signed.envelope)
    expected = build_receipt(report, signed.seed)
    for name in Receipt.__struct_fields__:
        if getattr(receipt, name) != getattr(expected, name):
            raise ReceiptError(f"{name} of the receipt contradicts the report")
    return receipt


def _derive_salt(seed: str, creative: str) -> str:
    digest = hashlib.sha256(f"{seed}\0{creative}".encode()).digest()
    return _encode_url64(digest[:SALT_BYTES])


def _encode_url64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


_receipt_decoder: Final = msgspec.json.Decoder(Receipt)
_signed_decoder: Final = msgspec.json.Decoder(SignedReceipt)
