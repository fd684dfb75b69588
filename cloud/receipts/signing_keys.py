"""The key of the log: an Ed25519 private key in a file of mode 0600, and the name of the log.

A new key takes over while checkpoints carry the signatures of both for a time: name both files,
the new one first.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cloud.auth.checkpoints import CheckpointError, make_key, read_keys
from cloud.receipts.signed_note import ED25519, NAME, Note, NoteKey, sign_text

ORIGIN: Final = "onlooker/receipts"
CREATE_KEY: Final = "python -m cloud receipts key FILE"
KEY_VARIABLE: Final = "ONLOOKER_RECEIPTS_KEY"
ORIGIN_VARIABLE: Final = "ONLOOKER_RECEIPTS_ORIGIN"


class LogKeyError(ValueError):
    """A key or name of the log that cannot be used."""


class NoLogKeyError(LookupError):
    """A program without the key of the log was asked to sign."""


@dataclass(frozen=True, slots=True)
class LogKeys:
    """The name of the log and the keys that sign for it, at least one."""

    origin: str
    private: tuple[Ed25519PrivateKey, ...]

    @property
    def public(self) -> tuple[NoteKey, ...]:
        """The public keys, as they are published."""
        return tuple(NoteKey(self.origin, ED25519, key.public_key()) for key in self.private)

    def sign(self, text: str) -> Note:
        """A text with a signature of each key."""
        return Note(text, tuple(sign_text(text, self.origin, key) for key in self.private))


def create_log_key(file: Path, origin: str) -> NoteKey:
    """Write a new private key that only its owner can read; returns the public one."""
    _require_name(origin)
    try:
        make_key(file)
    except CheckpointError as error:
        raise LogKeyError(str(error)) from None
    return read_log_keys([file], origin).public[0]


def read_log_keys(files: Sequence[Path], origin: str) -> LogKeys:
    """The keys in the files; raises LogKeyError."""
    _require_name(origin)
    return LogKeys(origin, tuple(map(_read_private, files)))


def list_key_files(value: str | None) -> list[Path]:
    """The files named by the environment variable, separated as paths are."""
    return [Path(one) for one in (value or "").split(os.pathsep) if one]


def _read_private(file: Path) -> Ed25519PrivateKey:
    try:
        found = read_keys(file, purpose="receipts", command=CREATE_KEY).private
    except CheckpointError as error:
        raise LogKeyError(str(error)) from None
    if found is None:
        raise LogKeyError(f"{file} holds a public key, which signs nothing: name the private one")
    return found


def _require_name(origin: str) -> None:
    if not NAME.fullmatch(origin):
        raise LogKeyError(f"origin {origin[:40]!r}: expected printable ASCII without blanks and +")
