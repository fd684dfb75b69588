"""An authority and a hardened broker of the test module's own, with people who come to its door."""

import os
import pwd
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from queue import Queue
from types import SimpleNamespace

import msgspec
import paho.mqtt.client as mqtt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from provisioning import key_store
from provisioning.authority.ca import CertificateAuthority, create_authority
from provisioning.authority.profiles import CertificateKind, CertificateSubject
from provisioning.broker.settings import BrokerSettings, Limits
from provisioning.broker.supervisor import BrokerSupervisor
from simulators.servers.mosquitto import free_port
from tests.auth_plugin import built

PATIENCE_S = 10.0
LIMITS = Limits(messages_per_s=50, burst_messages=200)


def read_clock():
    return datetime.now(UTC)


def request(name, key):
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


@dataclass
class Visitor:
    """Somebody with an MQTT client; what happens to them is kept in queues."""

    client: mqtt.Client
    port: int
    joined: Queue = field(default_factory=Queue)
    lost: Queue = field(default_factory=Queue)
    heard: Queue = field(default_factory=Queue)
    acked: Queue = field(default_factory=Queue)
    granted: Queue = field(default_factory=Queue)

    def __post_init__(self):
        self.client.on_connect = lambda _c, _u, _f, reason, _p: self.joined.put(str(reason))
        self.client.on_disconnect = lambda _c, _u, _f, reason, _p: self.lost.put(str(reason))
        self.client.on_message = lambda _c, _u, message: self.heard.put(message.topic)
        self.client.on_subscribe = lambda _c, _u, number, _r, _p: self.granted.put(number)
        self.client.on_publish = lambda _c, _u, _m, reason, _p: self.acked.put(reason.value)

    def join(self):
        self.client.connect("127.0.0.1", self.port, keepalive=30)
        self.client.loop_start()
        assert self.joined.get(timeout=PATIENCE_S) == "Success"
        return self

    def is_refused(self):
        """Whether the broker answers that this one may not come in."""
        self.client.connect("127.0.0.1", self.port, keepalive=30)
        self.client.loop_start()
        return self.joined.get(timeout=PATIENCE_S) == "Not authorized"

    def says(self, topic, payload=b"{}"):
        """Publish; True when the broker took it, with (0) or without (16) somebody to hear it."""
        self.client.publish(topic, payload, qos=1)
        return {0: True, 16: True, 135: False}[self.acked.get(timeout=PATIENCE_S)]

    def listens(self, *topics):
        for topic in topics:
            self.client.subscribe(topic, 1)
            self.granted.get(timeout=PATIENCE_S)

    def has_heard(self, until):
        """Everything heard up to and with the topic `until`."""
        heard = []
        while until not in heard:
            heard.append(self.heard.get(timeout=PATIENCE_S))
        return heard

    def leave(self):
        self.client.disconnect()
        self.client.loop_stop()
        self.client._reset_sockets()  # paho leaves its socket pair to the garbage collector


class House:
    """An authority, its broker and their visitors."""

    def __init__(self, folder: Path, limits: Limits = LIMITS, *, guarded: bool = True) -> None:
        self.folder = folder
        self.authority = create_authority(folder / "ca", name="Test", secret=None, at=read_clock())
        self.settings = BrokerSettings(
            folder=folder / "broker",
            authority=folder / "ca",
            port=free_port(),
            websockets_port=free_port(),
            bind="127.0.0.1",
            auth_plugin=built() if guarded else None,
            user=pwd.getpwuid(os.geteuid()).pw_name,
            limits=limits,
        )
        hosts = ("localhost", "127.0.0.1")
        self.supervisor = BrokerSupervisor(self.settings, self.authority, read_clock, hosts)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._visitors: list[Visitor] = []

    def open(self):
        self.supervisor.start()
        self._thread.start()
        self.wait_until(lambda: self.supervisor.is_ready)

    def close(self):
        for visitor in self._visitors:
            visitor.leave()
        self._ended.set()
        self._thread.join()
        self.supervisor.stop()

    def _run(self):
        while not self._ended.is_set():
            self.supervisor.step()

    def certify(
        self,
        device,
        location="KX-01",
        *,
        office: CertificateAuthority | None = None,
        at=None,
        days=None,
    ):
        """A device's key and certificate in files, with the register's entry."""
        office = office or self.authority
        key = key_store.generate_key()
        entry = office.sign_device(request(device, key), location, at=at or read_clock(), days=days)
        return self._filed(entry, key, office)

    def equip(self, kind, name):
        entry, key = self.authority.equip(CertificateSubject(kind, name), at=read_clock())
        return self._filed(entry, key, self.authority)

    def _filed(self, entry, key, office):
        stem = self.folder / entry.serial
        key_store.write_private(stem.with_suffix(".key"), key_store.encode_key(key, None))
        key_store.write_public(stem.with_suffix(".crt"), entry.certificate.encode() + office.chain)
        return entry

    def file(self, certificate, key):
        """A certificate that no register knows, in files; what a visitor needs of an entry."""
        pem = certificate.public_bytes(Encoding.PEM).decode()
        stray = SimpleNamespace(serial=f"{certificate.serial_number:x}", name="x", certificate=pem)
        return self._filed(stray, key, self.authority)

    def visitor(self, entry, *, client_id=None, clean=True, version=mqtt.MQTTv5, websockets=False):
        """A client with that certificate, or with none."""
        more = {} if version == mqtt.MQTTv5 else {"clean_session": clean}
        own = entry.name if entry else "nobody"
        client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2,
            client_id=own if client_id is None else client_id,
            protocol=version,
            transport="websockets" if websockets else "tcp",
            reconnect_on_failure=False,
            **more,
        )
        stem = str(self.folder / entry.serial) if entry else None
        trust = str(self.authority.folder / "trust.pem")
        client.tls_set(trust, stem and f"{stem}.crt", stem and f"{stem}.key")
        port = self.settings.websockets_port if websockets else self.settings.port
        made = Visitor(client, port)
        self._visitors.append(made)
        return made

    def audit(self):
        path = self.settings.audit_file
        return [msgspec.json.decode(line) for line in path.read_bytes().splitlines()]

    def wait_until(self, holds, *, patience_s=PATIENCE_S):
        """Until something that another process does has happened."""
        pause = threading.Event()
        for _ in range(int(patience_s / 0.05)):
            if holds():
                return
            pause.wait(0.05)
        raise AssertionError("it did not happen in time")

    def wait_for_audit(self, event, client=None):
        self.audited(event, client)

    def audited(self, event, client=None):
        """The first line about this, once it is written."""
        found = []

        def written():
            lines = self.audit() if self.settings.audit_file.exists() else ()
            found[:] = [one for one in lines if (one["event"], one["client"]) == (event, client)]
            return found

        self.wait_until(written)
        return found[0]


@pytest.fixture(scope="session")
def now():
    """The clock."""
    return read_clock


@pytest.fixture
def port():
    return free_port()


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    made = House(tmp_path_factory.mktemp("house"))
    made.open()
    yield made
    made.close()


@pytest.fixture
def another_house(tmp_path_factory):
    """One that a test may leave in disorder."""
    made = House(tmp_path_factory.mktemp("another"))
    made.open()
    yield made
    made.close()


@pytest.fixture
def unguarded_house(tmp_path_factory):
    made = House(tmp_path_factory.mktemp("unguarded"), guarded=False)
    made.open()
    yield made
    made.close()


@pytest.fixture(scope="module")
def fleet(house):
    """The fleet service, with its own certificate, listening to what devices say."""
    return house.visitor(house.equip(CertificateKind.SERVICE, "service:fleet")).join()


@pytest.fixture(scope="module")
def stream(house):
    return house.visitor(house.equip(CertificateKind.SERVICE, "service:stream")).join()
