"""One device that does what it should not, among honest ones, on the real broker and stream.

The hostile device has a valid certificate. In turns it floods, sends what cannot be parsed, figures
that cannot be, ranges up to 2^53, oversized and retained garbage, and connects again and again.
The honest devices send a report every two seconds and keep it until the cloud acknowledges it.
"""

import contextlib
import itertools
import json
import os
import pwd
import queue
import socket
import ssl
import threading
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from sqlalchemy import func, select

from cloud.database import connect, minute_tallies, quarantined_devices, reading
from edge_agent.transport.broker import parse_broker_url
from edge_agent.transport.paho import PahoLink
from provisioning import key_store
from provisioning.authority.ca import create_authority
from provisioning.authority.profiles import CertificateKind, CertificateSubject
from provisioning.broker.settings import BrokerSettings, Limits
from provisioning.broker.supervisor import BrokerSupervisor
from simulators.servers.mosquitto import free_port
from simulators.servers.process_group import ProcessGroup
from simulators.synthetic.cameras import create_sites, render_sites_file
from tests.auth_plugin import build_auth_plugin
from tests.report_builder import build_report
from wire.audience import FrameCounts
from wire.envelope import MAX_PAYLOAD_BYTES, AckEvent, audience_event, decode_events, encode_event
from wire.scalars import SequenceRange
from wire.topics import Channel

EVERY_S = 2.0
RESEND_AFTER_S = 3.0
PATIENCE_S = 60.0
LARGEST = 2**53 - 1
CONNECT_BYTES = b"\x00\x04MQTT\x04\x02\x00\x3c"


def clock():
    return datetime.now(UTC)


def report(address, journal, sequence, ends_at):
    """Two seconds in which one person came into view."""
    return build_report(
        location=address.location,
        device=address.device,
        journal=journal,
        sequence=SequenceRange(first=sequence, last=sequence),
        starts_at=ends_at - timedelta(seconds=EVERY_S),
        ends_at=ends_at,
        frames=FrameCounts(captured=20, dropped=0, analysed=10),
        observed_ms=round(EVERY_S * 1000),
        entries=1,
        peak=1,
    )


@dataclass(frozen=True)
class Scale:
    """How many honest devices, for how long, and how much the hostile one sends of each kind."""

    honest: int = 50
    seconds: float = 15.0
    unparsable: int = 5_000
    burst: int = 3_500
    until_all_sent: bool = False
    limits: Limits = field(default_factory=Limits)


@dataclass
class Outcome:
    """What came of it."""

    honest_sent: int = 0
    honest_acknowledged: int = 0
    honest_counted: int = 0
    honest_disconnections: int = 0
    freshness_s: list[float] = field(default_factory=list)
    hostile_sent: Counter = field(default_factory=Counter)
    hostile_sessions: int = 0
    hostile_counted: int = 0
    quarantined: list[str] = field(default_factory=list)
    broker_restarts: int = 0
    stream_restarts: int = 0
    audit: Counter = field(default_factory=Counter)

    def freshness(self, share):
        """A quantile of the time from a report's end to its acknowledgement at the device."""
        ordered = sorted(self.freshness_s)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class Honest:
    """One device: a report every two seconds, sent again until it is acknowledged."""

    def __init__(self, link, address, number):
        self.link, self.address = link, address
        self.journal = f"{number:016x}"
        self.sequence = 0
        self.pending: dict[int, tuple[datetime, bytes, float]] = {}
        self.freshness_s: list[float] = []

    def produce(self, ends_at):
        self.sequence += 1
        event = audience_event(report(self.address, self.journal, self.sequence, ends_at))
        self.pending[self.sequence] = (ends_at, encode_event(event), 0.0)

    def exchange(self):
        """Send what is due, take what was acknowledged."""
        now_s = time.monotonic()
        for number, (ends_at, payload, sent_s) in list(self.pending.items()):
            is_due = now_s - sent_s > RESEND_AFTER_S
            if is_due and self.link.send(Channel.AUDIENCE, payload):
                self.pending[number] = (ends_at, payload, now_s)
        for payload in self.link.take_acknowledgements():
            for event in decode_events(payload):
                if isinstance(event, AckEvent) and event.data.journal == self.journal:
                    self._settle(event.data.through)

    def _settle(self, through):
        at = clock()
        for number in [one for one in self.pending if one <= through]:
            ends_at, _, _ = self.pending.pop(number)
            self.freshness_s.append((at - ends_at).total_seconds())


class Hostile:
    """The other one. Everything that the broker's end of a connection does to it is ignored."""

    def __init__(self, house, address, scale):
        self.house, self.address, self.scale = house, address, scale
        self.sent: Counter = Counter()
        self.sessions = 0
        self.ended = threading.Event()
        self._context = ssl.create_default_context(cafile=house.trust)
        self._context.load_cert_chain(*house.pair(address.device))

    def run(self):
        for act in itertools.cycle(
            (self.flood, self.garble, self.exaggerate, self.overflow, self.retain, self.reconnect)
        ):
            if self.ended.is_set():
                return
            act()

    def has_more(self):
        """Whether the run is to last until every unparsable message is sent."""
        scale = self.scale
        return scale.until_all_sent and self.sent["unparsable"] < scale.unparsable

    def flood(self):
        body = b'{"specversion":"1.0"}'
        self._say(
            "flood", [self._publish(Channel.HEARTBEAT, body)] * self.scale.burst, at_once=True
        )

    def garble(self):
        left = max(self.scale.unparsable - self.sent["unparsable"], 0)
        bodies = [self._publish(Channel.AUDIENCE, os.urandom(5)) for _ in range(min(left, 2_000))]
        self._say("unparsable", bodies, at_once=True)

    def exaggerate(self):
        """Documents of the contract with figures that cannot be."""
        honest = report(self.address, "00000000000000ff", 1, clock())
        wrong = [
            msgspec.structs.replace(honest, person_ms=999_999_999_999),
            msgspec.structs.replace(honest, peak=10**12, entries=10**12),
            msgspec.structs.replace(honest, sequence=SequenceRange(first=1, last=LARGEST)),
            msgspec.structs.replace(honest, sequence=SequenceRange(first=4, last=10**15)),
        ]
        documents = [encode_event(audience_event(one)) for one in wrong]
        odd = json.loads(documents[0])
        odd["data"] = {"sequence": {"first": 4, "last": LARGEST}}
        documents.append(json.dumps(odd).encode())
        self._say("implausible", [self._publish(Channel.AUDIENCE, one) for one in documents])

    def overflow(self):
        for size in (MAX_PAYLOAD_BYTES + 1, 1_000_000):
            self._say("oversized", [self._publish(Channel.AUDIENCE, bytes(size))])

    def retain(self):
        garbage = [self._publish(one, os.urandom(300), retain=True) for one in Channel]
        self._say("retained", garbage)

    def reconnect(self):
        for _ in range(5):
            self._say("reconnections", [b"\xc0\x00"])

    def _publish(self, channel, payload, *, retain=False):
        topic = self.address.topic(channel).encode()
        body = len(topic).to_bytes(2, "big") + topic + payload
        return bytes([0x31 if retain else 0x30]) + _length(len(body)) + body

    def _say(self, kind, packets, *, at_once=False):
        """Connect, say it, and wait until the broker has had its say."""
        if not packets:
            return
        with contextlib.suppress(OSError), self._dial() as line:
            self.sessions += 1
            for piece in [b"".join(packets)] if at_once else packets:
                line.sendall(piece)
            self.sent[kind] += len(packets)
            line.settimeout(0.1)
            while line.recv(65_536):
                pass
        time.sleep(0.02)

    def _dial(self):
        plain = socket.create_connection(("127.0.0.1", self.house.port), timeout=5)
        try:
            line = self._context.wrap_socket(plain, server_hostname="localhost")
        except OSError:
            plain.close()
            raise
        name = self.address.device.encode()
        body = CONNECT_BYTES + len(name).to_bytes(2, "big") + name
        line.sendall(b"\x10" + _length(len(body)) + body)
        if line.recv(4)[3:] != b"\x00":
            self.sent["refused"] += 1
            line.close()
            raise ConnectionError("refused")
        return line


class House:
    """Authority, hardened broker and stream with a sites file, in a folder."""

    def __init__(self, folder: Path, scale: Scale):
        self.folder, self.scale = folder, scale
        self.addresses = [place.address for place in create_sites(scale.honest + 1, seed=7)]
        self.authority = create_authority(folder / "ca", name="Test", secret=None, at=clock())
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
        self.supervisor = BrokerSupervisor(self._settings, self.authority, clock, ("localhost",))
        self._ended = threading.Event()

    @contextlib.contextmanager
    def open(self):
        for address in self.addresses:
            self._certify(address)
        self._equip("service:stream")
        self.supervisor.start()
        thread = threading.Thread(target=self._keep)
        thread.start()
        try:
            _until(lambda: self.supervisor.is_ready)
            yield self
        finally:
            self._ended.set()
            thread.join()
            self.supervisor.stop()

    def pair(self, name):
        return str(self.folder / f"{name}.crt"), str(self.folder / f"{name}.key")

    def link(self, address):
        certificate, key = map(Path, self.pair(address.device))
        url = f"mqtts://localhost:{self.port}"
        broker = parse_broker_url(url, ca=self.trust, certificate=certificate, key=key)
        return PahoLink(broker, address)

    def stream_options(self):
        certificate, key = self.pair("service:stream")
        return [
            *("--broker", f"mqtts://localhost:{self.port}", "--database", self.database),
            *("--sites", str(self.folder / "sites.yaml"), "--ca", str(self.trust)),
            *("--cert", certificate, "--key", key),
        ]

    def audit(self):
        counted: Counter = Counter()
        for line in self._settings.audit_file.read_bytes().splitlines():
            entry = msgspec.json.decode(line)
            counted[entry["event"]] += entry["times"]
        return counted

    def _keep(self):
        while not self._ended.is_set():
            self.supervisor.step()

    def _certify(self, address):
        key = key_store.generate_key()
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, address.device)])
        builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
        pem = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
        self._file(
            address.device, self.authority.sign_device(pem, address.location, at=clock()), key
        )

    def _equip(self, name):
        self._file(
            name,
            *self.authority.equip(CertificateSubject(CertificateKind.SERVICE, name), at=clock()),
        )

    def _file(self, name, entry, key):
        certificate, key_file = self.pair(name)
        key_store.write_private(Path(key_file), key_store.encode_key(key, None))
        key_store.write_public(Path(certificate), entry.certificate.encode() + self.authority.chain)


def run(folder: Path, scale: Scale) -> Outcome:
    """Do all of it and say what came of it."""
    house, outcome = House(folder, scale), Outcome()
    with house.open(), ProcessGroup(folder / "logs") as processes:
        stream = processes.start("stream", ["cloud", "stream", *house.stream_options()])
        _until(lambda: "stream.started" in processes.log("stream").read_text())
        broker_pid = house.supervisor.process_id
        *honest_addresses, hostile_address = house.addresses
        honest = [
            Honest(house.link(address), address, number)
            for number, address in enumerate(honest_addresses, 1)
        ]
        for device in honest:
            device.link.start()
        _until(lambda: all(device.link.connected for device in honest))
        _work(honest, Hostile(house, hostile_address, scale), scale.seconds, outcome)
        outcome.broker_restarts = int(house.supervisor.process_id != broker_pid)
        outcome.stream_restarts = int(stream.poll() is not None)
        for device in honest:
            outcome.honest_disconnections += device.link.sessions - 1
            device.link.stop()
        _count(house, hostile_address, outcome)
    outcome.audit = house.audit()
    return outcome


def _work(honest, hostile, seconds, outcome):
    """Honest devices on this thread, the hostile one on its own, until all is acknowledged."""
    trouble: queue.SimpleQueue = queue.SimpleQueue()

    def misbehave():
        try:
            hostile.run()
        except BaseException as error:
            trouble.put(error)
            raise

    thread = threading.Thread(target=misbehave)
    thread.start()
    ends_s = time.monotonic() + seconds
    due_s = {
        device: time.monotonic() + EVERY_S * n / len(honest) for n, device in enumerate(honest)
    }
    try:
        while time.monotonic() < ends_s or hostile.has_more():
            assert trouble.empty()
            for device in honest:
                if time.monotonic() >= due_s[device]:
                    due_s[device] += EVERY_S
                    device.produce(clock())
                device.exchange()
            time.sleep(0.01)
        give_up_s = time.monotonic() + PATIENCE_S
        while any(device.pending for device in honest) and time.monotonic() < give_up_s:
            for device in honest:
                device.exchange()
            time.sleep(0.01)
    finally:
        hostile.ended.set()
        thread.join()
    outcome.honest_sent = sum(device.sequence for device in honest)
    outcome.honest_acknowledged = sum(len(device.freshness_s) for device in honest)
    outcome.freshness_s = [one for device in honest for one in device.freshness_s]
    outcome.hostile_sent, outcome.hostile_sessions = hostile.sent, hostile.sessions


def _count(house, hostile_address, outcome):
    engine = connect(house.database)
    with reading(engine) as connection:
        rows = select(minute_tallies.c.device, func.sum(minute_tallies.c.entries))
        counted = dict(connection.execute(rows.group_by(minute_tallies.c.device)).all())
        outcome.quarantined = list(connection.scalars(select(quarantined_devices.c.device)))
    engine.dispose()
    outcome.hostile_counted = int(counted.pop(hostile_address.device, 0))
    outcome.honest_counted = int(sum(counted.values()))


def unlimited(scale: Scale) -> Scale:
    """The same with a broker that lets everything through to the stream."""
    limits = replace(
        scale.limits, messages_per_s=1_000_000, burst_messages=10_000_000, burst_connections=100_000
    )
    return replace(scale, limits=limits, until_all_sent=True)


def _until(holds):
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def _length(size):
    encoded = b""
    while True:
        size, seven = size >> 7, size & 127
        encoded += bytes([seven | (128 if size else 0)])
        if not size:
            return encoded
