"""Signed notes of C2SP: a text, a blank line, and signature lines; keys are Ed25519.

Two kinds of signature are read: that of the log itself, and the timestamped cosignature of a
cosigner (`cosignature/v1`). A key is written `name+hash+base64`, as Go's checksum database does.
https://c2sp.org/signed-note, https://c2sp.org/tlog-cosignature
"""

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from wire.receipts.dsse import DsseError, decode_base64

ED25519: Final = 1
COSIGNATURE: Final = 4
DASH: Final = "\N{EM DASH} "
KEY_HASH_BYTES: Final = 4
SIGNATURE_BYTES: Final = 64
TIME_BYTES: Final = 8
NAME: Final = re.compile(r"[!-*,-~]{1,200}")
MAX_SIGNATURES: Final = 100


class NoteError(ValueError):
    """A note, key or signature that cannot be used."""


@dataclass(frozen=True, slots=True)
class NoteKey:
    """A public key: its holder's name, its kind, and the key."""

    name: str
    kind: int
    public: Ed25519PublicKey

    @property
    def hash(self) -> bytes:
        """The first bytes of a signature, which name the key."""
        content = self.name.encode() + b"\n" + self._encoded
        return hashlib.sha256(content).digest()[:KEY_HASH_BYTES]

    @property
    def text(self) -> str:
        """The key as it is published."""
        return f"{self.name}+{self.hash.hex()}+{base64.b64encode(self._encoded).decode()}"

    @property
    def _encoded(self) -> bytes:
        raw = self.public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        return bytes([self.kind]) + raw


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """A signature line."""

    name: str
    key_hash: bytes
    signature: bytes

    @property
    def line(self) -> str:
        """The line in the note."""
        return f"{DASH}{self.name} {base64.b64encode(self.key_hash + self.signature).decode()}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text that ends with a newline, and its signatures."""

    text: str
    signatures: tuple[NoteSignature, ...]

    @property
    def encoded(self) -> str:
        """The whole note."""
        return f"{self.text}\n" + "".join(one.line for one in self.signatures)


def parse_key(text: str) -> NoteKey:
    """A public key `name+hash+base64`; raises NoteError."""
    name, _, rest = text.strip().partition("+")
    key_hash, _, encoded = rest.partition("+")
    try:
        content = decode_base64(encoded)
        key = NoteKey(name, content[0], Ed25519PublicKey.from_public_bytes(content[1:]))
    except (DsseError, ValueError, IndexError):
        raise NoteError(f"{text[:60]!r} is no key: expected name+hash+base64") from None
    if not NAME.fullmatch(name) or key.kind not in (ED25519, COSIGNATURE):
        raise NoteError(f"{text[:60]!r}: expected the key of a log or cosigner (Ed25519)")
    if key.hash.hex() != key_hash:
        raise NoteError(f"{text[:60]!r}: the hash does not match the key")
    return key


def sign_text(text: str, name: str, key: Ed25519PrivateKey) -> NoteSignature:
    """The signature of a log over a text."""
    public = NoteKey(name, ED25519, key.public_key())
    return NoteSignature(name, public.hash, key.sign(text.encode()))


def parse_note(content: str) -> Note:
    """Read a note, whose signatures are not verified here; raises NoteError."""
    text, blank, lines = content.rpartition("\n\n")
    if not blank or not lines.endswith("\n"):
        raise NoteError("no signed note: expected a text, a blank line and signatures")
    signed = lines.removesuffix("\n").split("\n")
    if len(signed) > MAX_SIGNATURES:
        raise NoteError(f"{len(signed)} signatures: at most {MAX_SIGNATURES}")
    return Note(f"{text}\n", tuple(map(_parse_signature, signed)))


def verify_note(note: Note, keys: Sequence[NoteKey]) -> NoteKey | None:
    """The first of the keys that has signed the note; None when none has.

    Raises:
        NoteError: a signature by one of the keys is wrong.
    """
    for key in keys:
        for one in note.signatures:
            if (one.name, one.key_hash) == (key.name, key.hash):
                _verify(note.text, one, key)
                return key
    return None


def read_cosigned_at(note: Note, cosigner: NoteKey) -> datetime | None:
    """When a cosigner has signed the note; None when it has not. Raises NoteError."""
    if cosigner.kind != COSIGNATURE:
        raise NoteError(f"{cosigner.name} is the key of a log: expected that of a cosigner")
    for one in note.signatures:
        if (one.name, one.key_hash) == (cosigner.name, cosigner.hash):
            _verify(note.text, one, cosigner)
            seconds = int.from_bytes(one.signature[:TIME_BYTES])
            return _read_time(seconds)
    return None


def _read_time(seconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise NoteError(f"signed at second {seconds}: no time of a calendar") from None


def _verify(text: str, one: NoteSignature, key: NoteKey) -> None:
    signature, content = one.signature, text.encode()
    if key.kind == COSIGNATURE:
        seconds = int.from_bytes(signature[:TIME_BYTES])
        signature = signature[TIME_BYTES:]
        content = f"cosignature/v1\ntime {seconds}\n".encode() + content
    try:
        key.public.verify(signature, content)
    except InvalidSignature:
        raise NoteError(f"the signature of {key.name} is wrong") from None


def _parse_signature(line: str) -> NoteSignature:
    name, _, encoded = line.removeprefix(DASH).partition(" ")
    try:
        content = decode_base64(encoded)
    except DsseError as error:
        raise NoteError(f"a signature line cannot be read: {error}") from None
    lengths = (SIGNATURE_BYTES, TIME_BYTES + SIGNATURE_BYTES)
    is_valid = line.startswith(DASH) and NAME.fullmatch(name)
    if not is_valid or len(content) - KEY_HASH_BYTES not in lengths:
        raise NoteError(f"{line[:60]!r} is no signature line")
    return NoteSignature(name, content[:KEY_HASH_BYTES], content[KEY_HASH_BYTES:])
