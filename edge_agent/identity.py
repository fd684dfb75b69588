"""Who this camera is: a key made here that never leaves, its certificate, and where it belongs.

One folder holds it all. The key and its certificate are one file, so that a renewal replaces both
in one step or neither; a key whose certificate has not come yet lies beside it. Every file is
written whole and put in its place by a rename: a power cut leaves the old one or the new one.
"""

import os
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from wire.enrolment import Pem, Token
from wire.scalars import Device, DeviceId, Instant, Location, LocationId, Message

PRIVATE: Final = 0o600
PUBLIC: Final = 0o644


class IdentityError(RuntimeError):
    """An identity that is missing or cannot be used: what was found, what to do."""


class Belonging(Message, frozen=True, kw_only=True):
    """Who this camera is and whom it talks to. `desk` is where its certificate is renewed."""

    device: Device
    location: Location
    broker: str
    desk: str


class Pending(Message, frozen=True, kw_only=True):
    """How far a certificate has come that is not in use yet. `registering` is written before
    the token is sent: after a crash it may have been used.
    """

    certificate: Pem
    token: Token
    made_at: Instant
    registering: bool = False
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class IdentityFolder:
    """The files of one camera's identity."""

    path: Path

    @property
    def pair(self) -> Path:
        """Key and certificate chain in use, one PEM file."""
        return self.path / "device.pem"

    @property
    def next_pair(self) -> Path:
        """The same, not proved yet."""
        return self.path / "next.pem"

    @property
    def versions(self) -> Path:
        """The highest versions accepted (`management/versions.py`)."""
        return self.path / "versions.json"

    @property
    def trust(self) -> Path:
        return self.path / "trust.pem"

    @property
    def _belonging(self) -> Path:
        return self.path / "identity.json"

    @property
    def _next_key(self) -> Path:
        return self.path / "next.key"

    @property
    def _pending(self) -> Path:
        return self.path / "pending.json"

    @property
    def is_complete(self) -> bool:
        """Whether this camera has been enrolled: the last file written says so."""
        return self._belonging.exists()

    def belonging(self) -> Belonging:
        """Whom this identity belongs to; IdentityError when there is none."""
        try:
            return msgspec.json.decode(self._belonging.read_bytes(), type=Belonging)
        except FileNotFoundError as error:
            raise IdentityError(
                f"no identity in {self.path}: enrol first with `python -m edge_agent enrol "
                f"--claim FILE --broker HOST --device NAME --identity {self.path}`"
            ) from error
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise IdentityError(
                f"the identity in {self.path} cannot be read ({error}): restore the folder, or "
                "remove it and enrol again"
            ) from error

    def next_key(self) -> ec.EllipticCurvePrivateKey:
        """The key that waits for its certificate, made when there is none."""
        try:
            return _private_key(self._next_key.read_bytes())
        except FileNotFoundError:
            key = ec.generate_private_key(ec.SECP256R1())
            written(self._next_key, _pem(key), mode=PRIVATE)
            return key
        except (OSError, ValueError) as error:
            raise IdentityError(f"{self._next_key} cannot be used ({error}): remove it") from error

    def pending(self) -> Pending | None:
        """How far an unfinished enrolment had come."""
        try:
            return msgspec.json.decode(self._pending.read_bytes(), type=Pending)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            return None

    def note(self, pending: Pending) -> None:
        """Remember how far the enrolment has come."""
        written(self._pending, msgspec.json.encode(pending), mode=PRIVATE)

    def pair_up(self, certificate: str) -> Path:
        """Put the waiting key and its certificate into `next_pair`."""
        key = self.next_key()
        try:
            chain = x509.load_pem_x509_certificates(certificate.encode())
        except ValueError as error:
            raise IdentityError(f"the certificate that came does not parse: {error}") from error
        if not chain or chain[0].public_key() != key.public_key():
            raise IdentityError("the certificate that came is for another key: enrol again")
        written(self.next_pair, _pem(key) + certificate.encode(), mode=PRIVATE)
        return self.next_pair

    def adopt(self, belonging: Belonging, trust: bytes | None = None) -> None:
        """Make the proved pair the one in use, and forget what led to it."""
        if trust is not None:
            written(self.trust, trust, mode=PUBLIC)
        if self.next_pair.exists():
            self.next_pair.replace(self.pair)
        written(self._belonging, msgspec.json.encode(belonging), mode=PRIVATE)
        self.give_up()

    def give_up(self) -> None:
        """Forget a certificate on its way; the one in use stays."""
        for path in (self._pending, self.next_pair, self._next_key):
            path.unlink(missing_ok=True)

    def ends_at(self) -> datetime:
        """When the certificate in use runs out."""
        return certificate_in(self.pair).not_valid_after_utc


def request_for(device: DeviceId, key: ec.EllipticCurvePrivateKey) -> str:
    """A signing request that asks for nothing but a name."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, device)])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject)
    signed = request.sign(key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM).decode()


def certificate_in(path: Path) -> x509.Certificate:
    """The first certificate of a PEM file; IdentityError when there is none."""
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as error:
        raise IdentityError(
            f"no certificate can be read in {path} ({error}): correct it"
        ) from error


def location_in(certificate: x509.Certificate) -> LocationId | None:
    """The place that our own authority writes into a device's certificate; AWS's does not."""
    words = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)
    return LocationId(str(words[0].value)) if words else None


def written(path: Path, content: bytes, *, mode: int) -> None:
    """Write a file whole or not at all, readable as `mode` says from its first byte."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # made with 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            os.fchmod(file.fileno(), mode)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _settle(path.parent)


def _settle(folder: Path) -> None:
    """Make a rename survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _private_key(pem: bytes) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(pem, None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError(f"a key of kind {type(key).__name__}, wanted EC P-256")
    return key


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
