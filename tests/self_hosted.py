"""A self-hosted installation: authority, CA service, Mosquitto, fleet service, enrolment server.

Mosquitto is a process of its own and requires client certificates; the services run in threads.
"""

import asyncio
import contextlib
import os
import pwd
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cloud import database
from cloud.fleet.enrolment.allow_list import AllowedCamera, allow
from cloud.fleet.enrolment.ca_client import CaClient, read_common_name
from cloud.fleet.enrolment.claim_provisioning import Enrolment
from cloud.fleet.enrolment.server import EnrolmentServer, ServerFiles
from cloud.fleet.history import Author
from cloud.fleet.registry import devices
from cloud.fleet.registry.devices import Device
from cloud.fleet.service import FleetConnection, FleetService, connect_service, create_client
from edge_agent.transport.broker import BrokerEndpoint
from edge_agent.transport.provisioning_client import verify_connection
from provisioning import key_store
from provisioning.authority.ca import create_authority
from provisioning.authority.profiles import CertificateKind, CertificateSubject
from provisioning.broker.settings import BrokerSettings
from provisioning.broker.supervisor import BrokerSupervisor
from provisioning.ca_service import CaService
from simulators.servers.mosquitto import free_port
from tests.auth_plugin import build_auth_plugin
from tests.cloud.databases import create_tables
from tests.signing_request import build_signing_request

PATIENCE_S = 20.0
HOSTS = ("localhost", "127.0.0.1")


class SelfHosted:
    """Open it, then enrol cameras; `later` moves the clock of all services."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.later = timedelta(0)
        self.authority = create_authority(folder / "ca", name="Test", secret=None, at=self.now())
        self.trust = folder / "ca" / "trust.pem"
        self.port = free_port()
        self.enrolment_port = 0
        self.engine = database.connect(f"sqlite:///{folder}/fleet.db")
        self._ended = threading.Event()
        self._threads: list[threading.Thread] = []

    def now(self):
        return datetime.now(UTC) + self.later

    def open(self):
        create_tables(self.engine)
        self._open_broker()
        self._open_ca_service()
        self._open_fleet_service()
        self._open_enrolment_server()
        return self

    def close(self):
        self._ended.set()
        self._loop.call_soon_threadsafe(self._enrolment_task.cancel)
        self._ca_service.shutdown()
        for thread in self._threads:
            thread.join()
        self._client.disconnect()
        self._client.loop_stop()
        self._supervisor.stop()
        self._ca_service.server_close()
        self.engine.dispose()

    def claim(self, name="batch-7", *, days=None, authority=None):
        """The PEM file of a claim certificate, as it comes from the factory."""
        entry, key = (authority or self.authority).equip(
            CertificateSubject(CertificateKind.CLAIM, name), at=self.now(), days=days
        )
        folder = self.folder / f"claim-{entry.serial[:12]}"
        folder.mkdir()
        key_store.write_private(folder / f"{name}.key", key_store.encode_key(key, None))
        key_store.write_public(folder / f"{name}.crt", entry.certificate.encode())
        key_store.write_public(folder / "trust.pem", self.authority.trust)
        return folder / f"{name}.crt"

    def allow(self, device, *, claim="batch-7", location="KX-01", groups=(), again=False):
        entry = AllowedCamera(f"SN-{device}", claim, device, location, groups)
        with database.writing(self.engine) as connection:
            allow(connection, [entry], Author("test", self.now()), again=again)

    def certify(self, device, location):
        """Certificate and key of a device, issued by an operator; waits for the rules."""
        key = key_store.generate_key()
        request = build_signing_request(device, key)
        entry = self.authority.sign_device(request, location, at=self.now())
        rules = self.folder / "broker"
        self.wait_until(lambda: any(device in path.read_text() for path in rules.glob("*.acl")))
        return self._write_files(device, entry, key)

    def register(self, device, location):
        """Add a device to the fleet's registry."""
        with database.writing(self.engine) as connection:
            devices.register_device(
                connection, Device(device, location), Author("test", self.now())
            )

    def drop(self, device):
        """End a device's session by a second connection with its client id."""
        certificate, key = (self.folder / f"{device}.{end}" for end in ("crt", "key"))
        broker = BrokerEndpoint(
            "localhost", self.port, tls=True, ca=self.trust, certificate=certificate, key=key
        )
        verify_connection(broker, device)

    def wait_until(self, holds):
        """Wait until a condition holds that another thread or process fulfils."""
        deadline = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < deadline, f"it did not happen within {PATIENCE_S:g} s"
            time.sleep(0.02)

    def _open_broker(self):
        settings = BrokerSettings(
            folder=self.folder / "broker",
            authority=self.folder / "ca",
            port=self.port,
            bind="127.0.0.1",
            auth_plugin=build_auth_plugin(),
            user=pwd.getpwuid(os.geteuid()).pw_name,
        )
        self._supervisor = BrokerSupervisor(settings, self.authority, self.now, HOSTS)
        self._supervisor.start()
        self._repeat(self._supervisor.step)

    def _open_ca_service(self):
        self._ca_service = CaService(self.authority, self.folder / "ca.socket", self.now)
        self._run(self._ca_service.serve_forever)

    def _open_fleet_service(self):
        certificate, key = self.equip(
            "fleet", CertificateSubject(CertificateKind.SERVICE, "service:fleet")
        )
        self._client = create_client(
            FleetConnection("localhost", self.port, str(self.trust), str(certificate), str(key))
        )
        service = FleetService(
            self.engine, lambda topic, payload: self._client.publish(topic, payload, 1), self.now
        )
        connect_service(self._client, service)
        subscribed = threading.Event()
        self._client.on_subscribe = lambda *_: subscribed.set()
        self._client.reconnect_delay_set(0.1, 0.5)
        self._client.loop_start()
        assert subscribed.wait(PATIENCE_S)
        self._repeat(lambda: service.step(0.05))

    def _open_enrolment_server(self):
        certificate, key = self.equip(
            "enrolment-server", CertificateSubject(CertificateKind.SERVER, "localhost", hosts=HOSTS)
        )
        ca = self.folder / "ca"
        files = ServerFiles(self.trust, ca / "claims.crt", ca / "revoked.pem", certificate, key)
        enrolment = Enrolment(self.engine, CaClient(self.folder / "ca.socket"), read_common_name)
        server = EnrolmentServer(enrolment, files, self.now)
        self._loop = asyncio.new_event_loop()
        ready = threading.Event()

        def on_ready(port):
            self.enrolment_port = port
            ready.set()

        self._enrolment_task = self._loop.create_task(server.serve("127.0.0.1", 0, on_ready))

        def run():
            asyncio.set_event_loop(self._loop)
            with contextlib.suppress(asyncio.CancelledError):
                self._loop.run_until_complete(self._enrolment_task)
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()

        self._run(run)
        assert ready.wait(PATIENCE_S)

    def equip(self, name, subject):
        """Files with the certificate and the key of a service or a server."""
        entry, key = self.authority.equip(subject, at=self.now())
        return self._write_files(name, entry, key)

    def _write_files(self, name, entry, key):
        certificate, key_file = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        key_store.write_private(key_file, key_store.encode_key(key, None))
        key_store.write_public(certificate, entry.certificate.encode() + self.authority.chain)
        return certificate, key_file

    def _repeat(self, step):
        def repeat():
            while not self._ended.is_set():
                step()

        self._run(repeat)

    def _run(self, act):
        thread = threading.Thread(target=act)
        thread.start()
        self._threads.append(thread)
