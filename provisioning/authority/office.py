"""The authority's office: its folder, its keys, and what it signs and takes back.

The root signs once, at the opening, and may then be kept offline (`root.key` can be moved away);
the issuing key signs devices, services and servers; the claims key signs factory claims only and
stands under no root that the telemetry broker trusts. A device's key never comes here.
"""

import shutil
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from provisioning import vault
from provisioning.authority import profiles, revocation, signing_request
from provisioning.authority.profiles import LIFETIME, LONGEST, Issuer, Kind, Subject
from provisioning.authority.register import Entry, Register, RegisterError, aware
from provisioning.folder_lock import FolderLock
from wire.scalars import DeviceId, LocationId

ROOT_LIFETIME: Final = timedelta(days=3653)
ISSUING_LIFETIME: Final = timedelta(days=1827)
REGISTER_FILE: Final = "register.sqlite"
LIST_FILE: Final = "revoked.pem"
TRUST_FILE: Final = "trust.pem"


class OfficeError(RuntimeError):
    """An authority that cannot do what was asked."""


class Office:
    """One authority in one folder."""

    def __init__(self, folder: Path, secret: bytes | None = None) -> None:
        self.folder = folder
        self._secret = secret
        self.register = Register(folder / REGISTER_FILE)

    @property
    def chain(self) -> bytes:
        """What a device presents beside its own certificate: the issuing one."""
        return self._public("issuing.crt")

    @property
    def trust(self) -> bytes:
        """What a device or broker trusts: root and issuing."""
        return self._public(TRUST_FILE)

    def sign_device(
        self, pem: bytes, location: LocationId, *, at: datetime, days: int | None = None
    ) -> Entry:
        """Sign a device's request for the name it holds itself."""
        device, key = signing_request.read(pem)
        return self._sign(Subject(Kind.DEVICE, device, location), key, at=at, days=days)

    def signed_before(
        self,
        device: DeviceId,
        location: LocationId,
        key: ec.EllipticCurvePublicKey,
        *,
        at: datetime,
    ) -> Entry | None:
        """The certificate that this very key holds for this place, while it has half its life left.

        Whoever asks again, since the answer was lost on the way, gets what was signed already.
        """
        for entry in reversed(self.register.entries(name=device)):
            is_same = entry.location == location and _key_of(entry) == key.public_numbers()
            if is_same and entry.stands(at) and entry.ends_at - at > (at - entry.starts_at):
                return entry
        return None

    def renew_device(self, pem: bytes, *, at: datetime, days: int | None = None) -> Entry:
        """Sign a new key of a device that holds a certificate; the old one runs out by itself."""
        device, key = signing_request.read(pem)
        held = self.standing(device, at=at)
        if held.kind is not Kind.DEVICE or held.location is None:
            raise OfficeError(f"{device} is a {held.kind}, not a device")
        if _key_of(held) == key.public_numbers():
            raise OfficeError(f"{device} sent its old key again: a renewal needs a new key")
        return self._sign(Subject(held.kind, held.name, held.location), key, at=at, days=days)

    def equip(
        self, who: Subject, *, at: datetime, days: int | None = None
    ) -> tuple[Entry, ec.EllipticCurvePrivateKey]:
        """Make key and certificate for something of ours: a service, a server or a claim."""
        if who.kind is Kind.DEVICE:
            raise OfficeError("a device makes its own key: sign its request instead")
        key = vault.new_key()
        return self._sign(who, key.public_key(), at=at, days=days), key

    def standing(self, name: str, *, at: datetime) -> Entry:
        """The newest certificate of that name which is neither revoked nor out of date."""
        held = [entry for entry in self.register.entries(name=name) if entry.stands(at)]
        if not held:
            raise RegisterError(f"{name[:80]!r} holds no certificate that stands: see `ca list`")
        return held[-1]

    def revoke(self, serials: Sequence[str], *, reason: str, at: datetime) -> list[Entry]:
        """Take certificates back and publish the list that says so."""
        taken = [
            self.register.revoke(serial, reason=revocation.reason(reason), at=aware(at))
            for serial in serials
        ]
        try:
            self.publish(at=at)
        except (vault.VaultError, RegisterError) as error:
            raise OfficeError(
                f"revoked in the register, but the list that brokers read is not written: {error}. "
                "Remove the cause, then run `ca crl`"
            ) from error
        return taken

    def publish(self, *, at: datetime) -> Path:
        """Write the revocation lists of both authorities into one file."""
        path = self.folder / LIST_FILE
        with self.register.next_list(aware(at)) as (number, dated_at):
            taken = [entry for entry in self.register.entries() if entry.revoked_at is not None]
            lists = (
                revocation.signed(
                    [entry for entry in taken if (entry.kind is Kind.CLAIM) is claims],
                    self._issuer("claims" if claims else "issuing"),
                    number=number,
                    at=dated_at,
                )
                for claims in (False, True)
            )
            text = b"".join(one.public_bytes(Encoding.PEM) for one in lists)
            vault.write_public(path, text)
        return path

    def _sign(
        self, who: Subject, key: ec.EllipticCurvePublicKey, *, at: datetime, days: int | None
    ) -> Entry:
        lifetime = timedelta(days=days) if days is not None else LIFETIME[who.kind]
        if not timedelta(0) < lifetime <= LONGEST[who.kind]:
            raise OfficeError(
                f"{lifetime.days} days for a {who.kind}: wanted 1 to {LONGEST[who.kind].days}"
            )
        issuer = self._issuer("claims" if who.kind is Kind.CLAIM else "issuing")
        signed = profiles.leaf(who, key, issuer, at=aware(at), lifetime=lifetime)
        entry = Entry(
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
        key = vault.read_key(self.folder / f"{name}.key", self._secret)
        return Issuer(x509.load_pem_x509_certificate(self._public(f"{name}.crt")), key)

    def _public(self, name: str) -> bytes:
        try:
            return (self.folder / name).read_bytes()
        except OSError as error:
            raise OfficeError(
                f"{self.folder / name} cannot be read ({error.strerror}): "
                f"open an authority with `ca init --dir {self.folder}`"
            ) from error


def open_office(folder: Path, *, name: str, secret: bytes | None, at: datetime) -> Office:
    """Make a new authority; the folder appears whole or not at all."""
    if folder.exists() and any(folder.iterdir()):
        raise OfficeError(f"{folder} is not empty: an authority is opened once, in its own folder")
    lock = FolderLock(folder.parent, f"{folder.name} draft")
    draft = folder.with_name(f".{folder.name}.draft")
    try:
        lock.take()
        shutil.rmtree(draft, ignore_errors=True)  # of one that was interrupted
        draft.mkdir(mode=0o700)
        _make_keys(draft, name, secret, aware(at))
        office = Office(draft, secret)
        office.register.create()
        office.publish(at=at)
        draft.rename(folder)  # takes the place of an empty folder, and of no other
        vault.sync_folder(folder.parent)
    except OSError as error:
        shutil.rmtree(draft, ignore_errors=True)
        raise OfficeError(f"{folder} cannot be made: {error.strerror}") from error
    finally:
        lock.release()
    return Office(folder, secret)


def _make_keys(folder: Path, name: str, secret: bytes | None, at: datetime) -> None:
    keys = {role: vault.new_key() for role in ("root", "issuing", "claims")}
    root = profiles.authority(f"{name} root", keys["root"], at=at, lifetime=ROOT_LIFETIME, depth=1)
    issuing = profiles.authority(
        f"{name} issuing",
        keys["issuing"],
        at=at,
        lifetime=ISSUING_LIFETIME,
        under=Issuer(root, keys["root"]),
    )
    claims = profiles.authority(f"{name} claims", keys["claims"], at=at, lifetime=ISSUING_LIFETIME)
    for role, certificate in (("root", root), ("issuing", issuing), ("claims", claims)):
        vault.write_private(folder / f"{role}.key", vault.sealed(keys[role], secret))
        vault.write_public(folder / f"{role}.crt", certificate.public_bytes(Encoding.PEM))
    both = b"".join(one.public_bytes(Encoding.PEM) for one in (root, issuing))
    vault.write_public(folder / TRUST_FILE, both)


def _key_of(entry: Entry) -> ec.EllipticCurvePublicNumbers:
    key = x509.load_pem_x509_certificate(entry.certificate.encode()).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return key.public_numbers()


def device_of(entry: Entry) -> tuple[LocationId, DeviceId] | None:
    """Location and device of an entry, when it is a device's."""
    if entry.kind is not Kind.DEVICE or entry.location is None:
        return None
    return LocationId(entry.location), DeviceId(entry.name)
