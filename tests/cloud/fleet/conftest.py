"""A fleet's database, and the fleet service behind a hardened broker with its authority."""

import asyncio
import contextlib
import os
import pwd
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from cloud import database
from cloud.fleet.enrolment.allow_list import AllowedCamera, allow
from cloud.fleet.enrolment.ca_client import CaClient, read_common_name
from cloud.fleet.enrolment.claim_provisioning import Enrolment
from cloud.fleet.enrolment.server import EnrolmentServer, ServerFiles
from cloud.fleet.history import Author
from cloud.fleet.registry import devices
from cloud.fleet.registry.devices import Device
from cloud.fleet.service import FleetConnection, FleetService, connect_service, create_client
from provisioning import key_store
from provisioning.authority.ca import create_authority
from provisioning.authority.profiles import CertificateKind, CertificateSubject
from provisioning.broker.settings import BrokerSettings
from provisioning.broker.supervisor import BrokerSupervisor
from provisioning.ca_service import CaService
from simulators.servers.mosquitto import free_port
from tests.auth_plugin import build_auth_plugin
from tests.cloud.databases import create_tables

THINGS = ("cam-1", "cam-2", "cam-3", "cam-4")
START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.fixture
def fleet(engine):
    """An engine with four devices in it."""
    with database.writing(engine) as connection:
        for name in THINGS:
            devices.register_device(connection, Device(name, "KX-01"), Author("test", START))
    return engine


@pytest.fixture
def authority(tmp_path):
    """An authority's folder with the certificate of an enrolment server."""
    made = create_authority(tmp_path / "ca", name="Test", secret=None, at=clock())
    entry, key = made.equip(
        CertificateSubject(CertificateKind.SERVER, "localhost", hosts=("localhost",)), at=clock()
    )
    key_store.write_private(made.folder / "server.key", key_store.encode_key(key, None))
    key_store.write_public(made.folder / "server.crt", entry.certificate.encode() + made.chain)
    return made.folder


def clock():
    return datetime.now(UTC)


class HardenedFleet:
    """Real Mosquitto with client certificates, and the fleet service behind it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authority = create_authority(folder / "ca", name="Test", secret=None, at=clock())
        self.port = free_port()
        settings = BrokerSettings(
            folder=folder / "broker",
            authority=folder / "ca",
            port=self.port,
            bind="127.0.0.1",
            auth_plugin=build_auth_plugin(),
            user=pwd.getpwuid(os.geteuid()).pw_name,
        )
        hosts = ("localhost", "127.0.0.1")
        self._supervisor = BrokerSupervisor(settings, self.authority, clock, hosts)
        self.engine = database.connect(f"sqlite:///{folder}/fleet.db")
        self._ended = threading.Event()
        self._threads: list[threading.Thread] = []
        self.trust = folder / "ca" / "trust.pem"

    now = staticmethod(clock)

    def open(self):
        create_tables(self.engine)
        with database.writing(self.engine) as connection:
            for name in THINGS:
                devices.register_device(connection, Device(name, "KX-01"), Author("test", clock()))
        for name in THINGS:
            self.certify(name)
        entry, key = self.authority.equip(
            CertificateSubject(CertificateKind.SERVICE, "service:fleet"), at=clock()
        )
        certificate, key_file = self._filed("fleet", entry, key)
        self._supervisor.start()
        self._run(self._supervisor.step)
        where = FleetConnection(
            "localhost", self.port, str(self.trust), str(certificate), str(key_file)
        )
        self._client = create_client(where)
        service = FleetService(
            self.engine, lambda topic, payload: self._client.publish(topic, payload, 1), clock
        )
        connect_service(self._client, service)
        subscribed = threading.Event()
        self._client.on_subscribe = lambda *_: subscribed.set()
        self._client.reconnect_delay_set(0.1, 0.5)
        self._client.loop_start()
        assert subscribed.wait(60)
        self._run(lambda: service.step(0.05))

    def close(self):
        self._ended.set()
        for thread in self._threads:
            thread.join()
        self._client.disconnect()
        self._client.loop_stop()
        self._supervisor.stop()
        self.engine.dispose()

    def certify(self, device):
        key = key_store.generate_key()
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, device)])
        builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
        pem = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
        entry = self.authority.sign_device(pem, "KX-01", at=clock())
        return self._filed(device, entry, key)

    def files_of(self, device):
        return str(self.folder / f"{device}.crt"), str(self.folder / f"{device}.key")

    def _filed(self, name, entry, key):
        certificate, key_file = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        key_store.write_private(key_file, key_store.encode_key(key, None))
        key_store.write_public(certificate, entry.certificate.encode() + self.authority.chain)
        return certificate, key_file

    def _run(self, step):
        def repeat():
            while not self._ended.is_set():
                step()

        thread = threading.Thread(target=repeat)
        thread.start()
        self._threads.append(thread)


@pytest.fixture(scope="module")
def hardened_fleet(tmp_path_factory):
    made = HardenedFleet(tmp_path_factory.mktemp("hardened_fleet"))
    made.open()
    yield made
    made.close()


class EnrolmentEndpoint:
    """The enrolment server with its CA service, without a broker."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authority = create_authority(folder / "ca", name="Test", secret=None, at=clock())
        self.trust = folder / "ca" / "trust.pem"
        self.engine = database.connect(f"sqlite:///{folder}/fleet.db")
        self.later = timedelta(0)
        self._loop = asyncio.new_event_loop()
        self._ca_service = CaService(self.authority, folder / "ca.socket", clock)

    def now(self):
        return clock() + self.later

    def open(self):
        create_tables(self.engine)
        threading.Thread(target=self._ca_service.serve_forever, args=(0.01,), daemon=True).start()
        hosts = ("localhost", "127.0.0.1")
        server, key = self.authority.equip(
            CertificateSubject(CertificateKind.SERVER, "localhost", hosts=hosts), at=clock()
        )
        certificate, key_file = self.filed("server", server, key)
        ca = self.folder / "ca"
        files = ServerFiles(
            self.trust, ca / "claims.crt", ca / "revoked.pem", certificate, key_file
        )
        self.enrolment = Enrolment(
            self.engine, CaClient(self.folder / "ca.socket"), read_common_name
        )
        enrolment_server = EnrolmentServer(self.enrolment, files, self.now)
        ready = threading.Event()

        def note(port):
            self.port = port
            ready.set()

        def run():
            asyncio.set_event_loop(self._loop)
            with contextlib.suppress(asyncio.CancelledError):
                self._loop.run_until_complete(self._task)
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()

        self._task = self._loop.create_task(enrolment_server.serve("127.0.0.1", 0, note))
        self._thread = threading.Thread(target=run)
        self._thread.start()
        assert ready.wait(60)

    def close(self):
        self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join()
        self._ca_service.shutdown()
        self._ca_service.server_close()
        self.engine.dispose()

    def filed(self, name, entry, key):
        certificate, key_file = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        key_store.write_private(key_file, key_store.encode_key(key, None))
        chain = b"" if entry.kind is CertificateKind.CLAIM else self.authority.chain
        key_store.write_public(certificate, entry.certificate.encode() + chain)
        return certificate, key_file

    def claim(self, name):
        entry, key = self.authority.equip(
            CertificateSubject(CertificateKind.CLAIM, name), at=clock()
        )
        return entry, self.filed(name, entry, key)

    def allow_camera(self, device, *, claim="batch-7", location="KX-01", groups=(), again=False):
        entry = AllowedCamera(f"SN-{device}", claim, device, location, groups)
        with database.writing(self.engine) as connection:
            allow(connection, [entry], Author("test", clock()), again=again)


def signing_request(device):
    """A device's new key and its request, as made on the device."""
    key = key_store.generate_key()
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, device)])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    return key, builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


@pytest.fixture
def new_request():
    return signing_request


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory):
    made = EnrolmentEndpoint(tmp_path_factory.mktemp("endpoint"))
    made.open()
    yield made
    made.close()
