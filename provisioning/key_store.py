"""Keys and passphrases in files: written atomically, readable by their owner only.

A passphrase comes from the environment, from a file or from AWS KMS, never from the command line,
where every process of the machine can read it.
"""

import os
import pwd
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from provisioning import kms

PASSPHRASE: Final = "ONLOOKER_CA_PASSPHRASE"  # noqa: S105 - the variable's name, not a secret
PASSPHRASE_FILE: Final = "ONLOOKER_CA_PASSPHRASE_FILE"  # noqa: S105 - likewise
MAX_SECRET_BYTES: Final = 4 * 1024
GROUP_AND_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


class KeyStoreError(RuntimeError):
    """A secret that cannot be read, or that others could read."""


@dataclass(frozen=True, slots=True)
class FileOwner:
    """The account that owns a file."""

    uid: int
    gid: int


def owner_of(user: str | None) -> FileOwner | None:
    """The ids of an account; None where files belong to the account of this process."""
    if user is None or os.geteuid() != 0:
        return None
    account = pwd.getpwnam(user)
    return FileOwner(account.pw_uid, account.pw_gid)


def read_passphrase(environment: Mapping[str, str]) -> bytes | None:
    """The passphrase that protects the authority's keys, or None if no variable is set.

    Raises KeyStoreError or KmsError if a variable is set and its passphrase cannot be read.
    """
    named = [
        name for name in (kms.KMS_FILE_VARIABLE, PASSPHRASE_FILE, PASSPHRASE) if name in environment
    ]
    if not named:
        return None
    if len(named) > 1:
        raise KeyStoreError(
            f"{' and '.join(named)} are all set: keep one, so that it is clear which"
        )
    if named[0] == kms.KMS_FILE_VARIABLE:
        return kms.decrypt_passphrase(Path(environment[kms.KMS_FILE_VARIABLE]))
    if named[0] == PASSPHRASE_FILE:
        return read_secret(Path(environment[PASSPHRASE_FILE]), what=PASSPHRASE_FILE)
    return _require_content(environment[PASSPHRASE].encode(), what=PASSPHRASE)


def read_secret(path: Path, *, what: str) -> bytes:
    """The secret in a file, without the line break at its end; KeyStoreError if there is none."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_SECRET_BYTES + 1)
    except OSError as error:
        raise KeyStoreError(f"{what}={path} cannot be read: {error.strerror}") from error
    if len(content) > MAX_SECRET_BYTES:
        raise KeyStoreError(
            f"{what}={path} has more than {MAX_SECRET_BYTES} bytes: "
            "give a file with the passphrase only"
        )
    return _require_content(content.rstrip(b"\r\n"), what=f"{what}={path}")


def _require_content(secret: bytes, *, what: str) -> bytes:
    if not secret.strip():
        raise KeyStoreError(
            f"{what} is empty: write the secret there, or unset the variable to do without one"
        )
    return secret


def write_private(path: Path, content: bytes, *, owner: FileOwner | None = None) -> None:
    """Write a file that only its owner may read."""
    _replace(path, content, 0o600, owner)


def write_public(path: Path, content: bytes) -> None:
    """Write a file that all accounts may read: certificates, revocation lists."""
    _replace(path, content, 0o644, None)


def is_private(path: Path, owner: FileOwner | None) -> bool:
    """Whether the file exists and only that account may read it."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return False
    uid = owner.uid if owner else os.geteuid()
    return stat.S_IMODE(found.st_mode) == 0o600 and found.st_uid == uid


def _replace(path: Path, content: bytes, mode: int, owner: FileOwner | None) -> None:
    """Set owner and mode before the rename, so that a reader never finds a file it may not read."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            if owner is not None:
                os.fchown(file.fileno(), owner.uid, owner.gid)
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        draft.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise KeyStoreError(
            f"{path} cannot be written: {error.strerror}; what was there before is unchanged"
        ) from error


def sync_folder(folder: Path) -> None:
    """Write renames inside a folder to disk, so that they survive a power failure."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def generate_key() -> ec.EllipticCurvePrivateKey:
    """A new P-256 key."""
    return ec.generate_private_key(ec.SECP256R1())


def encode_key(key: ec.EllipticCurvePrivateKey, secret: bytes | None) -> bytes:
    """The key as PEM, encrypted if there is a passphrase; an empty one is refused."""
    if secret is not None:
        secret = _require_content(secret, what="the passphrase")
    protection: KeySerializationEncryption = (
        NoEncryption() if secret is None else BestAvailableEncryption(secret)
    )
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection)


def read_key(path: Path, secret: bytes | None) -> ec.EllipticCurvePrivateKey:
    """Read a key file; a file that other accounts may read is refused."""
    try:
        mode = path.stat().st_mode
        content = path.read_bytes()
    except OSError as error:
        raise KeyStoreError(f"{path} cannot be read: {error.strerror}") from error
    if mode & GROUP_AND_OTHERS:
        raise KeyStoreError(f"{path} has mode {mode & 0o777:o}, wanted 600: chmod 600 {path}")
    try:
        key = load_pem_private_key(content, secret if b"ENCRYPTED" in content else None)
    except (TypeError, ValueError) as error:
        raise KeyStoreError(
            f"{path} cannot be decrypted: set {PASSPHRASE} or {PASSPHRASE_FILE} to its passphrase"
        ) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise KeyStoreError(f"{path} is not an elliptic-curve key: restore the authority's key")
    return key
