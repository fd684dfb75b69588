"""Secrets at rest: written whole or not at all, readable by their owner only.

A passphrase comes from the environment, from a file or from AWS KMS, never from the command line,
where every process of the machine can read it.
"""

import os
import stat
from collections.abc import Mapping
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
OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


class VaultError(RuntimeError):
    """A secret that cannot be read, or that others could read."""


def passphrase(environment: Mapping[str, str]) -> bytes | None:
    """The passphrase that protects the authority's keys, or None when none is set.

    Raises VaultError or KmsError when one is meant and cannot be had.
    """
    if path := environment.get(kms.SEALED_FILE):
        return kms.opened(Path(path))
    if path := environment.get(PASSPHRASE_FILE):
        try:
            secret = Path(path).read_bytes().rstrip(b"\r\n")
        except OSError as error:
            raise VaultError(
                f"{PASSPHRASE_FILE}={path} cannot be read: {error.strerror}"
            ) from error
    else:
        secret = environment.get(PASSPHRASE, "").encode()
    return secret or None


def write_private(path: Path, content: bytes) -> None:
    """Put a file in place that only its owner may read."""
    _replace(path, content, 0o600)


def write_public(path: Path, content: bytes) -> None:
    """Put a file in place that everybody may read: certificates, revocation lists."""
    _replace(path, content, 0o644)


def _replace(path: Path, content: bytes, mode: int) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fchmod(file.fileno(), mode)
        os.fsync(file.fileno())
    draft.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make renames inside a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def new_key() -> ec.EllipticCurvePrivateKey:
    """A fresh P-256 key."""
    return ec.generate_private_key(ec.SECP256R1())


def sealed(key: ec.EllipticCurvePrivateKey, secret: bytes | None) -> bytes:
    """The key as PEM, encrypted when there is a passphrase."""
    protection: KeySerializationEncryption = (
        BestAvailableEncryption(secret) if secret else NoEncryption()
    )
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection)


def read_key(path: Path, secret: bytes | None) -> ec.EllipticCurvePrivateKey:
    """Open a key file, refusing one that others may read."""
    try:
        mode = path.stat().st_mode
        content = path.read_bytes()
    except OSError as error:
        raise VaultError(f"{path} cannot be read: {error.strerror}") from error
    if mode & OTHERS:
        raise VaultError(f"{path} has mode {mode & 0o777:o}, wanted 600: chmod 600 {path}")
    try:
        key = load_pem_private_key(content, secret if b"ENCRYPTED" in content else None)
    except (TypeError, ValueError) as error:
        raise VaultError(
            f"{path} does not open: set {PASSPHRASE} or {PASSPHRASE_FILE} to its passphrase"
        ) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise VaultError(f"{path} holds no elliptic-curve key: it is not the authority's")
    return key
