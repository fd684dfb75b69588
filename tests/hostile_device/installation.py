"""A certificate authority, a hardened broker and the options of a stream, in one folder."""

import contextlib
import os
import pwd
import threading
import time
from collections import Counter
from pathlib import Path

import msgspec

from edge_agent.transport.broker import parse_broker_url
from edge_agent.transport.paho import PahoLink
from provisioning import key_store
from provisioning.authority.ca import create_authority
from provisioning.authority.profiles import CertificateKind, CertificateSubject
from provisioning.broker.settings import BrokerSettings
from provisioning.broker.supervisor import BrokerSupervisor
from simulators.servers.mosquitto import free_port
from simulators.synthetic.cameras import create_sites, render_sites_file
from tests.auth_plugin import build_auth_plugin
from tests.hostile_device.honest import read_clock
from tests.hostile_device.scale import Scale
from tests.signing_request import build_signing_request

PATIENCE_S = 60.0


def wait_until(condition):
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, f"it did not happen within {PATIENCE_S:g} s"
        time.sleep(0.05)


class StreamInstallation:
    """The hostile device is the last of `addresses`, which are in the sites file."""

    def __init__(self, folder: Path, scale: Scale):
        self.folder, self.scale = folder, scale
        self.addresses = [site.address for site in create_sites(scale.honest + 1, seed=7)]
        self.authority = create_authority(folder / "ca", name="Test", secret=None, at=read_clock())
        self.trust = folder / "ca" / "trust.pem"
        self.port = free_port()
        self.database = f"sqlite:///{folder}/cloud.db"
        (folder / "sites.yaml").write_text(
            render_sites_file(create_sites(scale.honest + 1, seed=7))
        )
        self._settings = BrokerSettings(
            folder=folder / "broker",
            authority=folder / "ca",
            port=self.port,
            bind="127.0.0.1",
            auth_plugin=build_auth_plugin(),
            user=pwd.getpwuid(os.geteuid()).pw_name,
            limits=scale.limits,
        )
        self.supervisor = BrokerSupervisor(
            self._settings, self.authority, read_clock, ("localhost",)
        )
        self._ended = threading.Event()

    @contextlib.contextmanager
    def open(self):
        for address in self.addresses:
            self._certify(address)
        self._equip("service:stream")
        self.supervisor.start()
        thread = threading.Thread(target=self._supervise)
        thread.start()
        try:
            wait_until(lambda: self.supervisor.is_ready)
            yield self
        finally:
            self._ended.set()
            thread.join()
            self.supervisor.stop()

    def certificate_files(self, name):
        return str(self.folder / f"{name}.crt"), str(self.folder / f"{name}.key")

    def link(self, address):
        certificate, key = map(Path, self.certificate_files(address.device))
        url = f"mqtts://localhost:{self.port}"
        broker = parse_broker_url(url, ca=self.trust, certificate=certificate, key=key)
        return PahoLink(broker, address)

    def stream_options(self):
        certificate, key = self.certificate_files("service:stream")
        return [
            *("--broker", f"mqtts://localhost:{self.port}", "--database", self.database),
            *("--sites", str(self.folder / "sites.yaml"), "--ca", str(self.trust)),
            *("--cert", certificate, "--key", key),
        ]

    def count_audit(self):
        counted: Counter = Counter()
        for line in self._settings.audit_file.read_bytes().splitlines():
            entry = msgspec.json.decode(line)
            counted[entry["event"]] += entry["times"]
        return counted

    def _supervise(self):
        while not self._ended.is_set():
            self.supervisor.step()

    def _certify(self, address):
        key = key_store.generate_key()
        request = build_signing_request(address.device, key)
        entry = self.authority.sign_device(request, address.location, at=read_clock())
        self._write_files(address.device, entry, key)

    def _equip(self, name):
        subject = CertificateSubject(CertificateKind.SERVICE, name)
        self._write_files(name, *self.authority.equip(subject, at=read_clock()))

    def _write_files(self, name, entry, key):
        certificate, key_file = self.certificate_files(name)
        key_store.write_private(Path(key_file), key_store.encode_key(key, None))
        key_store.write_public(Path(certificate), entry.certificate.encode() + self.authority.chain)
