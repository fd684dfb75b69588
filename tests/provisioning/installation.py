"""A certificate authority, its broker and MQTT clients, in one folder.

Mosquitto runs as a process; its supervisor runs in a thread.
"""

import os
import pwd
import threading
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import msgspec
import paho.mqtt.client as mqtt
from cryptography.hazmat.primitives.serialization import Encoding

from provisioning import key_store
from provisioning.authority.ca import CertificateAuthority, create_authority
from provisioning.authority.profiles import CertificateKind, CertificateSubject
from provisioning.broker.settings import BrokerSettings, Limits
from provisioning.broker.supervisor import BrokerSupervisor
from simulators.servers.mosquitto import free_port
from tests.auth_plugin import build_auth_plugin
from tests.provisioning.mqtt_client import PATIENCE_S, RecordingClient
from tests.signing_request import build_signing_request

LIMITS = Limits(messages_per_s=50, burst_messages=200)


def read_clock():
    return datetime.now(UTC)


def wait_until(condition, *, patience_s=PATIENCE_S):
    """Wait until a condition holds that another thread or process fulfils."""
    pause = threading.Event()
    for _ in range(int(patience_s / 0.05)):
        if condition():
            return
        pause.wait(0.05)
    raise AssertionError(f"it did not happen within {patience_s:g} s")


class Installation:
    """A context manager: the broker runs inside it, and its clients are disconnected at the end."""

    def __init__(
        self, folder: Path, limits: Limits = LIMITS, *, has_auth_plugin: bool = True
    ) -> None:
        self.folder = folder
        self.authority = create_authority(folder / "ca", name="Test", secret=None, at=read_clock())
        self.settings = BrokerSettings(
            folder=folder / "broker",
            authority=folder / "ca",
            port=free_port(),
            websockets_port=free_port(),
            bind="127.0.0.1",
            auth_plugin=build_auth_plugin() if has_auth_plugin else None,
            user=pwd.getpwuid(os.geteuid()).pw_name,
            limits=limits,
        )
        hosts = ("localhost", "127.0.0.1")
        self.supervisor = BrokerSupervisor(self.settings, self.authority, read_clock, hosts)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._clients: list[RecordingClient] = []

    def __enter__(self):
        self.supervisor.start()
        self._thread.start()
        wait_until(lambda: self.supervisor.is_ready)
        return self

    def __exit__(self, *_):
        for client in self._clients:
            client.disconnect()
        self._ended.set()
        self._thread.join()
        self.supervisor.stop()

    def certify(
        self,
        device,
        location="KX-01",
        *,
        authority: CertificateAuthority | None = None,
        at=None,
        days=None,
    ):
        """Issue the certificate of a device; its files are written, its record is returned."""
        authority = authority or self.authority
        key = key_store.generate_key()
        request = build_signing_request(device, key)
        record = authority.sign_device(request, location, at=at or read_clock(), days=days)
        return self._write_files(record, key, authority)

    def equip(self, kind, name):
        """Issue the certificate of a service, a server or a claim."""
        subject = CertificateSubject(kind, name)
        record, key = self.authority.equip(subject, at=read_clock())
        return self._write_files(record, key, self.authority)

    def write_unregistered(self, certificate, key):
        """Write the files of a certificate that the register does not contain."""
        pem = certificate.public_bytes(Encoding.PEM).decode()
        serial = f"{certificate.serial_number:x}"
        record = SimpleNamespace(serial=serial, name="x", certificate=pem)
        return self._write_files(record, key, self.authority)

    def create_service_client(self, name):
        """A client with a new certificate of a service."""
        return self.create_client(self.equip(CertificateKind.SERVICE, name))

    def create_client(
        self, record, *, client_id=None, clean=True, version=mqtt.MQTTv5, websockets=False
    ):
        """A client with the certificate of the record, or without one."""
        more = {} if version == mqtt.MQTTv5 else {"clean_session": clean}
        common_name = record.name if record else "anonymous"
        paho = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2,
            client_id=common_name if client_id is None else client_id,
            protocol=version,
            transport="websockets" if websockets else "tcp",
            reconnect_on_failure=False,
            **more,
        )
        stem = str(self.folder / record.serial) if record else None
        trust = str(self.authority.folder / "trust.pem")
        paho.tls_set(trust, stem and f"{stem}.crt", stem and f"{stem}.key")
        port = self.settings.websockets_port if websockets else self.settings.port
        client = RecordingClient(paho, port)
        self._clients.append(client)
        return client

    def wait_for_rules(self, device):
        """Wait until the access file of the broker has the rules of a device."""
        rules = f"user {device}\n"
        wait_until(lambda: rules in self.settings.access_file.read_text())

    def read_audit(self):
        path = self.settings.audit_file
        return [msgspec.json.decode(line) for line in path.read_bytes().splitlines()]

    def wait_for_audit(self, event, client=None):
        """The first entry of the audit log with this event and client, once it is written."""
        found = []

        def is_written():
            entries = self.read_audit() if self.settings.audit_file.exists() else ()
            found[:] = [one for one in entries if (one["event"], one["client"]) == (event, client)]
            return found

        wait_until(is_written)
        return found[0]

    def _run(self):
        while not self._ended.is_set():
            self.supervisor.step()

    def _write_files(self, record, key, authority):
        stem = self.folder / record.serial
        key_store.write_private(stem.with_suffix(".key"), key_store.encode_key(key, None))
        chain = record.certificate.encode() + authority.chain
        key_store.write_public(stem.with_suffix(".crt"), chain)
        return record
