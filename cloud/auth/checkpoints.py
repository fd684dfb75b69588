"""Signed checkpoints of the audit log, stored in a folder outside the database.

Anyone who can write to the database can also replace the whole chain, truncate it, or empty it. A
checkpoint records the digest that an entry had at a moment, signed with a key (Ed25519) that is not
in the database. Put the folder on another machine or medium, and the key in a file that only its
owner can read. Verifying needs the public key alone.
"""

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from sqlalchemy import Connection

from cloud.auth.audit import FIRST_DIGEST, AuditEntry, AuditError, read_entries

CONTEXT: Final = b"onlooker audit checkpoint 1\n"
"""Prefix of the signed bytes, so that a signature is valid for nothing else."""
CREATE_KEY: Final = "python -m cloud audit key FILE"
SUFFIX: Final = ".checkpoint.json"


class CheckpointError(ValueError):
    """A key, a folder or a checkpoint that cannot be used; the message says what to do."""


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The number and digest of the last entry at a moment; number 0 is an empty log."""

    number: int
    digest: str
    at: datetime
    signature: str = ""

    @property
    def signed(self) -> bytes:
        """The bytes that the signature covers."""
        return CONTEXT + msgspec.json.encode((self.number, self.digest, self.at.isoformat()))


@dataclass(frozen=True, slots=True)
class CheckpointKeys:
    """The key that verifies checkpoints, and the one that signs them if available."""

    public: Ed25519PublicKey
    private: Ed25519PrivateKey | None


def make_key(file: Path) -> str:
    """Write a new private key that only its owner can read; return the public one as PEM."""
    private = Ed25519PrivateKey.generate()
    content = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise CheckpointError(f"{file} cannot be written: {error.strerror}") from None
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(content)
    return private.public_key().public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    ).decode()  # fmt: skip


def read_keys(file: Path, *, purpose: str = "audit", command: str = CREATE_KEY) -> CheckpointKeys:
    """The keys of a PEM file: a private one, or the public one alone.

    `purpose` is what the key signs, and `command` creates such a file.
    """
    try:
        content, mode = file.read_bytes(), file.stat().st_mode
    except OSError as error:
        raise CheckpointError(
            f"the {purpose} key {file} cannot be read: {error.strerror}"
        ) from None
    try:
        if b"PRIVATE KEY" not in content:
            public = load_pem_public_key(content)
            if isinstance(public, Ed25519PublicKey):
                return CheckpointKeys(public, None)
        else:
            private = load_pem_private_key(content, password=None)
            if mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise CheckpointError(f"others can read the {purpose} key {file}: chmod 600 {file}")
            if isinstance(private, Ed25519PrivateKey):
                return CheckpointKeys(private.public_key(), private)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        if isinstance(error, CheckpointError):
            raise
    raise CheckpointError(
        f"{file} holds no Ed25519 key in PEM without a passphrase: `{command}` creates one"
    )


def sign_checkpoint(last: AuditEntry | None, keys: CheckpointKeys, at: datetime) -> Checkpoint:
    """Sign the end of the log as it is now."""
    if keys.private is None:
        raise CheckpointError("a public key signs nothing: name the file of the private key")
    number, digest = (last.number, last.digest) if last else (0, FIRST_DIGEST)
    unsigned = Checkpoint(number=number, digest=digest, at=at)
    signature = keys.private.sign(unsigned.signed).hex()
    return msgspec.structs.replace(unsigned, signature=signature)


def write_checkpoint(folder: Path, checkpoint: Checkpoint) -> Path:
    """Write a checkpoint into the folder atomically; an existing one is never replaced."""
    file = folder / f"{checkpoint.number:012}-{checkpoint.at:%Y%m%dT%H%M%S%f}{SUFFIX}"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = folder / f".{file.name}.new"
        beside.write_bytes(msgspec.json.encode(checkpoint) + b"\n")
        beside.chmod(0o600)
        os.link(beside, file)
        beside.unlink()
    except OSError as error:
        raise CheckpointError(
            f"the checkpoint cannot be written to {folder}: {error.strerror}"
        ) from None
    return file


def read_checkpoints(folder: Path, keys: CheckpointKeys) -> list[Checkpoint]:
    """Every checkpoint of the folder, by number; raises CheckpointError for a forged one."""
    if not folder.is_dir():
        raise CheckpointError(
            f"the folder of checkpoints {folder} does not exist: mount it, or name another"
        )
    return sorted(
        (_read(file, keys) for file in folder.glob(f"*{SUFFIX}")), key=lambda one: one.number
    )


def require_match(connection: Connection, checkpoints: Iterable[Checkpoint]) -> None:
    """Raise AuditError where the log differs from a checkpoint; the newest is compared first."""
    digests = {one.number: one.digest for one in read_entries(connection)}
    last = max(digests, default=0)
    compared = (one for one in checkpoints if one.number)
    for one in sorted(compared, key=lambda one: one.number, reverse=True):
        when = f"the checkpoint of {one.at:%Y-%m-%d %H:%M:%S}Z"
        if one.number not in digests:
            raise AuditError(
                f"{one.number - last} entries or more have been cut off: {when} is of entry "
                f"{one.number}, and the log ends with entry {last}"
            )
        if digests[one.number] != one.digest:
            raise AuditError(
                f"entry {one.number} is not the one of {when}: the log has been written anew"
            )


def _read(file: Path, keys: CheckpointKeys) -> Checkpoint:
    try:
        found = msgspec.json.decode(file.read_bytes(), type=Checkpoint)
        keys.public.verify(bytes.fromhex(found.signature), found.signed)
    except OSError as error:
        raise CheckpointError(f"{file} cannot be read: {error.strerror}") from None
    except (msgspec.MsgspecError, ValueError, InvalidSignature):
        raise CheckpointError(
            f"{file} is no checkpoint that this key has signed: the file was altered, or the key "
            "is a different one"
        ) from None
    return found
