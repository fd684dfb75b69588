"""The identity folder of one camera: its private key, its certificate, its location and broker.

The key is generated here and never leaves the device. Key and certificate are one file, so that a
renewal replaces both in one step or neither; a key whose certificate has not been issued yet is
stored beside it. Every file is written atomically: after a power cut it is the old or the new one.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from edge_agent.atomic_files import PRIVATE_MODE, PUBLIC_MODE, write_atomically
from edge_agent.identity.certificates import (
    private_key_from_pem,
    private_key_to_pem,
    read_certificate,
)
from edge_agent.identity.errors import IdentityError
from wire.fleet.enrolment import Pem, Token
from wire.scalars import Device, Instant, Location, WireMessage

_ON_DISK: Final = {"enrolment_server": "desk"}
"""Names in the file: an agent that is updated or rolled back reads what the other one wrote."""


class DeviceIdentity(WireMessage, frozen=True, kw_only=True, rename=_ON_DISK):
    """The device, its location and broker. `enrolment_server` renews its certificate."""

    device: Device
    location: Location
    broker: str
    enrolment_server: str


class PendingCertificate(WireMessage, frozen=True, kw_only=True):
    """A certificate that is not in use yet. `registering` is stored before the token is sent:
    after a crash the token may have been used.
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
        """Key and certificate chain that have not been verified yet."""
        return self.path / "next.pem"

    @property
    def versions(self) -> Path:
        """The highest versions accepted (`updates/version_history.py`)."""
        return self.path / "versions.json"

    @property
    def trust(self) -> Path:
        return self.path / "trust.pem"

    @property
    def _identity_file(self) -> Path:
        return self.path / "identity.json"

    @property
    def _next_key(self) -> Path:
        return self.path / "next.key"

    @property
    def _pending(self) -> Path:
        return self.path / "pending.json"

    @property
    def is_complete(self) -> bool:
        """Whether the camera is enrolled: the last file of an enrolment exists."""
        return self._identity_file.exists()

    def read_identity(self) -> DeviceIdentity:
        """The identity; raises IdentityError when there is none."""
        try:
            return msgspec.json.decode(self._identity_file.read_bytes(), type=DeviceIdentity)
        except FileNotFoundError as error:
            raise IdentityError(
                f"no identity in {self.path}: enrol first with `python -m edge_agent enrol "
                f"--cert FILE --broker HOST --device NAME --identity {self.path}`"
            ) from error
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise IdentityError(
                f"the identity in {self.path} cannot be read ({error}): restore the folder, or "
                "remove it and enrol again"
            ) from error

    def next_key(self) -> ec.EllipticCurvePrivateKey:
        """The key that has no certificate yet, generated when there is none."""
        try:
            return private_key_from_pem(self._next_key.read_bytes())
        except FileNotFoundError:
            key = ec.generate_private_key(ec.SECP256R1())
            write_atomically(self._next_key, private_key_to_pem(key), mode=PRIVATE_MODE)
            return key
        except (OSError, ValueError) as error:
            raise IdentityError(f"{self._next_key} cannot be used ({error}): remove it") from error

    def pending(self) -> PendingCertificate | None:
        """The state of an unfinished enrolment; None without one."""
        try:
            return msgspec.json.decode(self._pending.read_bytes(), type=PendingCertificate)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            return None

    def store_pending(self, pending: PendingCertificate) -> None:
        """Store the state of an enrolment."""
        write_atomically(self._pending, msgspec.json.encode(pending), mode=PRIVATE_MODE)

    def store_next_pair(self, certificate: str) -> Path:
        """Store the pending key and its certificate in `next_pair`."""
        key = self.next_key()
        try:
            chain = x509.load_pem_x509_certificates(certificate.encode())
        except ValueError as error:
            raise IdentityError(f"the received certificate cannot be parsed: {error}") from error
        if not chain or chain[0].public_key() != key.public_key():
            raise IdentityError("the received certificate is for another key: enrol again")
        write_atomically(
            self.next_pair, private_key_to_pem(key) + certificate.encode(), mode=PRIVATE_MODE
        )
        return self.next_pair

    def activate(self, identity: DeviceIdentity, trust: bytes | None = None) -> None:
        """Put the verified pair into use and delete the enrolment state."""
        if trust is not None:
            write_atomically(self.trust, trust, mode=PUBLIC_MODE)
        if self.next_pair.exists():
            self.next_pair.replace(self.pair)
        write_atomically(self._identity_file, msgspec.json.encode(identity), mode=PRIVATE_MODE)
        self.discard_pending()

    def discard_pending(self) -> None:
        """Delete a pending certificate; the one in use stays."""
        for path in (self._pending, self.next_pair, self._next_key):
            path.unlink(missing_ok=True)

    def expires_at(self) -> datetime:
        """When the certificate in use expires."""
        return read_certificate(self.pair).not_valid_after_utc
