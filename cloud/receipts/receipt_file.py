"""The file of receipts that an advertiser gets: one text, which is itself a signed note.

    onlooker.receipts@v1
    manifest BASE64             JSON of `Manifest`: campaign, booked time, intervals without receipt
    certificate BASE64 ...      one line for each device's chain in DER, its own first
    c2sp.org/tlog-proof@v1      for each receipt a proof (`tlog_proof.py`), in order of the log
    ...
    end 2880                    number of receipts

    — onlooker/receipts BASE64  signature of the log's key over all lines above

The `extra` data of a proof is the JSON of `ProvedReceipt`. The entry of the log is the envelope in
it, as canonical JSON. Because the file is signed as a whole, any changed byte is detected.
"""

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from cloud.ingest.receipts.chains import decode_certificate
from cloud.receipts.device_certificates import DeviceCertificate, to_device_certificate
from cloud.receipts.signed_note import Note, NoteError, parse_note
from cloud.receipts.tlog_proof import HEADER as PROOF_HEADER
from cloud.receipts.tlog_proof import LogProof, ProofTextError, parse_proof
from wire.receipts.dsse import DsseError, Envelope, decode_base64
from wire.receipts.receipt import CreativeRecord, encode_canonical
from wire.scalars import Instant, WireMessage

HEADER: Final = "onlooker.receipts@v1"


class ReceiptFileError(ValueError):
    """A text that is no file of receipts."""


class TimeSpan(WireMessage, frozen=True, kw_only=True, order=True):
    """A half-open interval."""

    starts_at: Instant
    ends_at: Instant


class ReceiptLine(WireMessage, frozen=True, kw_only=True):
    """A line: its location, former ids of that among them, its creatives and booked time."""

    line_id: str
    location: str
    location_ids: tuple[str, ...]
    creatives: tuple[str, ...]
    devices: tuple[str, ...]
    booked: tuple[TimeSpan, ...]


class MissingInterval(WireMessage, frozen=True, kw_only=True, order=True):
    """Booked time of which the cloud has no receipt of a device."""

    location: str
    device: str
    starts_at: Instant
    ends_at: Instant


class Manifest(WireMessage, frozen=True, kw_only=True):
    """What the file is about, as the operator states it; `log_keys` as it publishes them."""

    account: str
    advertiser: str
    campaign: str
    log_keys: tuple[str, ...]
    created_at: Instant
    lines: tuple[ReceiptLine, ...]
    missing: tuple[MissingInterval, ...]


class ProvedReceipt(WireMessage, frozen=True, kw_only=True):
    """The entry of the log, and the records of the campaign's creatives."""

    envelope: Envelope
    creatives: tuple[CreativeRecord, ...]


@dataclass(frozen=True, slots=True)
class ReceiptFile:
    """A file as it was read; nothing in it is verified yet."""

    note: Note
    manifest: Manifest
    certificates: tuple[DeviceCertificate, ...]
    proofs: tuple[LogProof, ...]
    end: str

    @property
    def is_complete(self) -> bool:
        """Whether it holds as many receipts as its last line says."""
        return self.end == f"end {len(self.proofs)}"


def write_text(
    manifest: Manifest,
    chains: Sequence[Sequence[x509.Certificate]],
    proofs: Sequence[LogProof],
) -> Iterator[str]:
    """The parts of the text that is signed."""
    yield f"{HEADER}\nmanifest {_encode(encode_canonical(manifest))}\n"
    for chain in chains:
        ders = " ".join(_encode(one.public_bytes(Encoding.DER)) for one in chain)
        yield f"certificate {ders}\n"
    for proof in proofs:
        yield proof.text
    yield f"end {len(proofs)}\n"


def parse_file(content: str) -> ReceiptFile:
    """Read a file; raises ReceiptFileError."""
    try:
        note = parse_note(content)
        head, *blocks = f"\n{note.text}".split(f"\n{PROOF_HEADER}\n")
        if blocks:
            blocks[-1], end = _cut_end(blocks[-1])
        else:
            head, end = _cut_end(head)
        manifest, certificates = _parse_head(head.removeprefix("\n").removesuffix("\n"))
        proofs = tuple(parse_proof(f"{PROOF_HEADER}\n{_with_end(one)}") for one in blocks)
    except (NoteError, ProofTextError, DsseError) as error:
        raise ReceiptFileError(str(error)) from None
    return ReceiptFile(note, manifest, certificates, proofs, end)


def decode_proved(proof: LogProof) -> ProvedReceipt:
    """The receipt of a proof; raises ReceiptFileError."""
    try:
        found = _proved_decoder.decode(proof.extra)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ReceiptFileError(f"entry {proof.index} holds no receipt: {error}") from None
    if encode_canonical(found) != proof.extra:
        raise ReceiptFileError(f"entry {proof.index} is not canonical JSON")
    return found


def _cut_end(text: str) -> tuple[str, str]:
    before, _, end = text.removesuffix("\n").rpartition("\n")
    return before, end


def _with_end(block: str) -> str:
    return block if block.endswith("\n") else f"{block}\n"


def _parse_head(head: str) -> tuple[Manifest, tuple[DeviceCertificate, ...]]:
    first, *lines = head.split("\n")
    if first != HEADER or not lines:
        raise ReceiptFileError(f"no file of receipts: expected {HEADER} in the first line")
    words = [line.split(" ") for line in lines]
    if [one[0] for one in words] != ["manifest", *["certificate"] * (len(words) - 1)]:
        raise ReceiptFileError("expected a line `manifest`, then lines `certificate`")
    try:
        manifest = _manifest_decoder.decode(decode_base64(words[0][-1]))
        chains = [
            [decode_certificate(decode_base64(text)) for text in one[1:]] for one in words[1:]
        ]
        return manifest, tuple(map(to_device_certificate, chains))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise ReceiptFileError(f"manifest or certificates cannot be read: {error}") from None


def _encode(content: bytes) -> str:
    return base64.b64encode(content).decode()


_manifest_decoder: Final = msgspec.json.Decoder(Manifest)
_proved_decoder: Final = msgspec.json.Decoder(ProvedReceipt)
