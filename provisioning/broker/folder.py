"""Writes the files that Mosquitto reads: configuration, certificates, revocations, access rules.

A file is written only if its content, owner or mode changes, so Mosquitto reloads only on a change.
"""

import os
from collections.abc import Set
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography import x509

from provisioning import key_store
from provisioning.authority import revocation
from provisioning.authority.ca import LIST_FILE, TRUST_FILE, CertificateAuthority, device_identity
from provisioning.authority.profiles import CertificateKind, CertificateSubject
from provisioning.authority.register import CertificateRecord
from provisioning.broker import acl, config
from provisioning.broker.settings import BrokerError, BrokerSettings, IssuedCertificate
from wire.topics import DeviceAddress

MAX_SOCKET_PATH_BYTES: Final = 100  # Linux takes 107, macOS 103
RENEW_AT_LEFT: Final = 1 / 3


class BrokerFolder:
    """The folder of one broker."""

    def __init__(
        self, settings: BrokerSettings, authority: CertificateAuthority, hosts: tuple[str, ...]
    ) -> None:
        self._settings = settings
        self._authority = authority
        self._hosts = hosts

    def prepare(self) -> None:
        """Create the folders; only the owner can open the folder of the control socket."""
        settings = self._settings
        if len(os.fsencode(settings.control_socket)) > MAX_SOCKET_PATH_BYTES:
            raise BrokerError(
                f"{settings.control_socket} is too long for a socket: choose a --dir whose path "
                f"has at most {MAX_SOCKET_PATH_BYTES - len('/control/socket')} characters"
            )
        settings.folder.mkdir(parents=True, exist_ok=True)
        for inner in ("state", "control"):
            path = settings.folder / inner
            path.mkdir(mode=0o700, exist_ok=True)
            path.chmod(0o700)
            if (owner := key_store.owner_of(settings.user)) is not None:
                os.chown(path, owner.uid, owner.gid)
        settings.control_socket.unlink(missing_ok=True)
        if settings.auth_plugin is not None:
            self._put(settings.auth_plugin_file, settings.auth_plugin.read_bytes())

    def bring_up_to_date(
        self, entries: list[CertificateRecord], at: datetime, *, lingering: Set[str] = frozenset()
    ) -> bool:
        """Write changed files; True if Mosquitto must reload.

        `lingering` are serial numbers of certificates that are no longer valid but whose sessions
        have not ended yet. They keep their rules until then; otherwise Mosquitto would refuse their
        will message, which reports them as offline.
        """
        settings = self._settings
        allowed = [one for one in entries if one.is_valid(at) or one.serial in lingering]
        devices = [
            DeviceAddress(*identity) for one in allowed if (identity := device_identity(one))
        ]
        services = [one.name for one in allowed if one.kind is CertificateKind.SERVICE]
        changed = [
            self._server_certificate(at),
            self._put(settings.config_file, config.render(settings).encode()),
            self._put(settings.access_file, acl.render(devices, services).encode()),
            self._put(
                settings.folder / "nothing.acl", b"# no client may publish or subscribe here\n"
            ),
            self._put(settings.folder / TRUST_FILE, self._authority.trust),
            self._put(settings.folder / LIST_FILE, self._list()),
        ]
        return any(changed)

    def revoked(self) -> frozenset[str]:
        """Serial numbers in the revocation list that Mosquitto reads."""
        return revocation.read_serials((self._settings.folder / LIST_FILE).read_bytes())

    def _list(self) -> bytes:
        return (self._authority.folder / LIST_FILE).read_bytes()

    def _put(self, path: Path, content: bytes) -> bool:
        """Write a file if its content, owner or mode differs; the replacement is atomic."""
        owner = key_store.owner_of(self._settings.user)
        if key_store.is_private(path, owner) and path.read_bytes() == content:
            return False
        key_store.write_private(path, content, owner=owner)
        return True

    def _server_certificate(self, at: datetime) -> bool:
        settings = self._settings
        if settings.issued is not None:
            return self._copy_issued(settings.issued)
        if settings.server_key.exists() and not _needs_renewal(settings.server_certificate, at):
            return False
        if not self._hosts:
            raise BrokerError(
                f"{settings.server_key} is missing or expires soon: give --host NAME "
                "to have one issued, or put server.key and server.crt there"
            )
        who = CertificateSubject(CertificateKind.SERVER, self._hosts[0], hosts=self._hosts)
        entry, key = self._authority.equip(who, at=at)
        self._put(settings.server_key, key_store.encode_key(key, None))
        return self._put(
            settings.server_certificate, entry.certificate.encode() + self._authority.chain
        )

    def _copy_issued(self, issued: IssuedCertificate) -> bool:
        """Follow a certificate that is renewed elsewhere; the authority's key is not needed."""
        try:
            key, certificate = issued.key.read_bytes(), issued.certificate.read_bytes()
        except OSError as error:
            raise key_store.KeyStoreError(
                f"{error.filename} cannot be read ({error.strerror}): issue a certificate for the "
                "broker with `ca issue --server HOSTS`"
            ) from error
        settings = self._settings
        changed = self._put(settings.server_key, key)
        return self._put(settings.server_certificate, certificate) or changed


def _needs_renewal(path: Path, at: datetime) -> bool:
    if not path.exists():
        return True
    current = x509.load_pem_x509_certificate(path.read_bytes())
    left = current.not_valid_after_utc - at
    return left < (current.not_valid_after_utc - current.not_valid_before_utc) * RENEW_AT_LEFT
