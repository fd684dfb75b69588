"""The certificate authority: its folder and keys; signs and revokes certificates.

The root key signs once, when the authority is created; `root.key` can then be moved offline. The
issuing key signs devices, services and servers. The claims key signs factory claims only; the
telemetry broker trusts none of its certificates. A device generates its own key, which never leaves
the device.
"""

import shutil
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from provisioning import key_store
from provisioning.authority import profiles, revocation, signing_request
from provisioning.authority.profiles import (
    LIFETIME,
    MAX_LIFETIME,
    CertificateKind,
    CertificateSubject,
    Issuer,
)
from provisioning.authority.register import (
    CertificateRecord,
    CertificateRegister,
    RegisterError,
    to_utc_seconds,
)
from provisioning.folder_lock import FolderLock
from wire.scalars import DeviceId, LocationId

ROOT_LIFETIME: Final = timedelta(days=3653)
ISSUING_LIFETIME: Final = timedelta(days=1827)
REGISTER_FILE: Final = "register.sqlite"
LIST_FILE: Final = "revoked.pem"
TRUST_FILE: Final = "trust.pem"


class AuthorityError(RuntimeError):
    """The authority refuses a request or cannot perform it."""


class CertificateAuthority:
    """One authority in one folder."""

    def __init__(self, folder: Path, secret: bytes | None = None) -> None:
        self.folder = folder
        self._secret = secret
        self.register = CertificateRegister(folder / REGISTER_FILE)

    @property
    def chain(self) -> bytes:
        """The issuing certificate, which a device presents with its own."""
        return self._public("issuing.crt")

    @property
    def trust(self) -> bytes:
        """The certificates that a device or broker trusts: root and issuing."""
        return self._public(TRUST_FILE)

    def sign_device(
        self, pem: bytes, location: LocationId, *, at: datetime, days: int | None = None
    ) -> CertificateRecord:
        """Sign a device's request; the request states the device id."""
        device, key = signing_request.read(pem)
        return self._sign(
            CertificateSubject(CertificateKind.DEVICE, device, location), key, at=at, days=days
        )

    def signed_before(
        self,
        device: DeviceId,
        location: LocationId,
        key: ec.EllipticCurvePublicKey,
        *,
        at: datetime,
    ) -> CertificateRecord | None:
        """The certificate of this key and location, if half its lifetime is left.

        A device that repeats its request, because the answer was lost, gets the same certificate.
        """
        for entry in reversed(self.register.entries(name=device)):
            is_same = entry.location == location and _public_key(entry) == key.public_numbers()
            if is_same and entry.is_valid(at) and entry.ends_at - at > (at - entry.starts_at):
                return entry
        return None

    def renew_device(
        self, pem: bytes, *, at: datetime, days: int | None = None
    ) -> CertificateRecord:
        """Sign a new key of a device with a valid certificate; the old one stays valid."""
        device, key = signing_request.read(pem)
        held = self.find_valid(device, at=at)
        if held.kind is not CertificateKind.DEVICE or held.location is None:
            raise AuthorityError(f"{device} is a {held.kind}, not a device")
        if _public_key(held) == key.public_numbers():
            raise AuthorityError(f"{device} sent its old key again: a renewal needs a new key")
        return self._sign(
            CertificateSubject(held.kind, held.name, held.location), key, at=at, days=days
        )

    def equip(
        self, who: CertificateSubject, *, at: datetime, days: int | None = None
    ) -> tuple[CertificateRecord, ec.EllipticCurvePrivateKey]:
        """Create the key and certificate of a service, a server or a claim."""
        if who.kind is CertificateKind.DEVICE:
            raise AuthorityError("a device generates its own key: sign its request instead")
        key = key_store.generate_key()
        return self._sign(who, key.public_key(), at=at, days=days), key

    def find_valid(self, name: str, *, at: datetime) -> CertificateRecord:
        """The newest certificate of a name that is neither revoked nor expired."""
        held = [entry for entry in self.register.entries(name=name) if entry.is_valid(at)]
        if not held:
            raise RegisterError(f"{name[:80]!r} has no valid certificate: see `ca list`")
        return held[-1]

    def revoke(
        self, serials: Sequence[str], *, reason: str, at: datetime
    ) -> list[CertificateRecord]:
        """Revoke certificates and publish the revocation list."""
        taken = [
            self.register.revoke(
                serial, reason=revocation.validate_reason(reason), at=to_utc_seconds(at)
            )
            for serial in serials
        ]
        try:
            self.publish(at=at)
        except (key_store.KeyStoreError, RegisterError) as error:
            raise AuthorityError(
                f"revoked in the register, but the list that brokers read is not written: {error}. "
                "Remove the cause, then run `ca crl`"
            ) from error
        return taken

    def publish(self, *, at: datetime) -> Path:
        """Write the revocation lists of both authorities into one file."""
        path = self.folder / LIST_FILE
        with self.register.next_list(to_utc_seconds(at)) as (number, dated_at):
            taken = [entry for entry in self.register.entries() if entry.revoked_at is not None]
            lists = (
                revocation.sign_list(
                    [entry for entry in taken if (entry.kind is CertificateKind.CLAIM) is claims],
                    self._issuer("claims" if claims else "issuing"),
                    number=number,
                    at=dated_at,
                )
                for claims in (False, True)
            )
            text = b"".join(one.public_bytes(Encoding.PEM) for one in lists)
            key_store.write_public(path, text)
        return path

    def _sign(
        self,
        who: CertificateSubject,
        key: ec.EllipticCurvePublicKey,
        *,
        at: datetime,
        days: int | None,
    ) -> CertificateRecord:
        lifetime = timedelta(days=days) if days is not None else LIFETIME[who.kind]
        if not timedelta(0) < lifetime <= MAX_LIFETIME[who.kind]:
            raise AuthorityError(
                f"{lifetime.days} days for a {who.kind}: wanted 1 to {MAX_LIFETIME[who.kind].days}"
            )
        issuer = self._issuer("claims" if who.kind is CertificateKind.CLAIM else "issuing")
        signed = profiles.build_leaf(who, key, issuer, at=to_utc_seconds(at), lifetime=lifetime)
        entry = CertificateRecord(
            serial=f"{signed.serial_number:x}",
            kind=who.kind,
            name=who.name,
            location=who.location,
            starts_at=signed.not_valid_before_utc,
            ends_at=signed.not_valid_after_utc,
            certificate=signed.public_bytes(Encoding.PEM).decode(),
        )
        self.register.add(entry)
        return entry

    def _issuer(self, name: str) -> Issuer:
        key = key_store.read_key(self.folder / f"{name}.key", self._secret)
        return Issuer(x509.load_pem_x509_certificate(self._public(f"{name}.crt")), key)

    def _public(self, name: str) -> bytes:
        try:
            return (self.folder / name).read_bytes()
        except OSError as error:
            raise AuthorityError(
                f"{self.folder / name} cannot be read ({error.strerror}): "
                f"create an authority with `ca init --dir {self.folder}`"
            ) from error


def create_authority(
    folder: Path, *, name: str, secret: bytes | None, at: datetime
) -> CertificateAuthority:
    """Create an authority. On an error the folder is not created."""
    if folder.exists() and any(folder.iterdir()):
        raise AuthorityError(
            f"{folder} is not empty: give a folder that does not exist or is empty"
        )
    lock = FolderLock(folder.parent, f"{folder.name} draft")
    draft = folder.with_name(f".{folder.name}.draft")
    try:
        lock.take()
        shutil.rmtree(draft, ignore_errors=True)  # of an interrupted command
        draft.mkdir(mode=0o700)
        _make_keys(draft, name, secret, to_utc_seconds(at))
        authority = CertificateAuthority(draft, secret)
        authority.register.create()
        authority.publish(at=at)
        draft.rename(folder)  # replaces an empty folder only
        key_store.sync_folder(folder.parent)
    except OSError as error:
        shutil.rmtree(draft, ignore_errors=True)
        raise AuthorityError(f"{folder} cannot be created: {error.strerror}") from error
    finally:
        lock.release()
    return CertificateAuthority(folder, secret)


def _make_keys(folder: Path, name: str, secret: bytes | None, at: datetime) -> None:
    keys = {role: key_store.generate_key() for role in ("root", "issuing", "claims")}
    root = profiles.build_authority(
        f"{name} root", keys["root"], at=at, lifetime=ROOT_LIFETIME, depth=1
    )
    issuing = profiles.build_authority(
        f"{name} issuing",
        keys["issuing"],
        at=at,
        lifetime=ISSUING_LIFETIME,
        under=Issuer(root, keys["root"]),
    )
    claims = profiles.build_authority(
        f"{name} claims", keys["claims"], at=at, lifetime=ISSUING_LIFETIME
    )
    for role, certificate in (("root", root), ("issuing", issuing), ("claims", claims)):
        key_store.write_private(folder / f"{role}.key", key_store.encode_key(keys[role], secret))
        key_store.write_public(folder / f"{role}.crt", certificate.public_bytes(Encoding.PEM))
    both = b"".join(one.public_bytes(Encoding.PEM) for one in (root, issuing))
    key_store.write_public(folder / TRUST_FILE, both)


def _public_key(entry: CertificateRecord) -> ec.EllipticCurvePublicNumbers:
    key = x509.load_pem_x509_certificate(entry.certificate.encode()).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return key.public_numbers()


def device_identity(entry: CertificateRecord) -> tuple[LocationId, DeviceId] | None:
    """Location and device of an entry, when it is a device's."""
    if entry.kind is not CertificateKind.DEVICE or entry.location is None:
        return None
    return LocationId(entry.location), DeviceId(entry.name)
