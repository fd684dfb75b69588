"""Reports through the hardened broker: the camera's own link, the real stream, certificates.

What a camera says is counted and acknowledged; what another says in its name is not.
"""

import os
import pwd
import threading
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from cloud.database import connect, device_status, minute_tallies, reading
from edge_agent.transport.broker import broker_at
from edge_agent.transport.paho import PahoLink
from provisioning import vault
from provisioning.authority.office import open_office
from provisioning.authority.profiles import Kind, Subject
from provisioning.broker.settings import BrokerSettings
from provisioning.broker.supervisor import Supervisor
from simulators.servers.mosquitto import free_port
from simulators.servers.process_group import ProcessGroup
from tests.guard import built
from wire.ack import Ack
from wire.audience import AttentionBasis, AudienceReport, FrameCounts, Versions
from wire.envelope import AckEvent, audience_event, encode_event
from wire.histogram import ATTENTION_EDGES_MS, DWELL_EDGES_MS
from wire.scalars import SequenceRange
from wire.topics import Channel, DeviceAddress

pytestmark = [pytest.mark.broker, pytest.mark.slow]
MINE = DeviceAddress("KX-01", "kx-01-cam-1")
THEIRS = DeviceAddress("KX-01", "kx-01-sim")
JOURNAL = "00000000000000a1"


def clock():
    return datetime.now(UTC)


def report(address, sequence):
    starts_at = clock().replace(second=0, microsecond=0) - timedelta(minutes=2)
    return AudienceReport(
        location=address.location,
        device=address.device,
        journal=JOURNAL,
        sequence=SequenceRange(first=sequence, last=sequence),
        starts_at=starts_at,
        ends_at=starts_at + timedelta(seconds=10),
        frames=FrameCounts(captured=100, dropped=0, analysed=20),
        observed_ms=10_000,
        blind_ms={},
        person_ms=0,
        facing_ms=0,
        looking_ms=0,
        unsure_ms=0,
        entries=1,
        visits=0,
        onlookers=0,
        peak=1,
        dwell_ms=0,
        dwell_histogram=(0,) * (len(DWELL_EDGES_MS) + 1),
        attention_histogram=(0,) * (len(ATTENTION_EDGES_MS) + 1),
        demographics=(),
        sensors={},
        attention_basis=AttentionBasis.ANGLES,
        versions=Versions(agent="a", detector="d", attention="t", config="c"),
    )


@pytest.fixture
def office(tmp_path):
    return open_office(tmp_path / "ca", name="Test", secret=None, at=clock())


@pytest.fixture
def port(tmp_path, office):
    """A hardened broker, with its supervisor on a thread."""
    settings = BrokerSettings(
        folder=tmp_path / "broker",
        authority=tmp_path / "ca",
        port=free_port(),
        bind="127.0.0.1",
        guard=built(),
        user=pwd.getpwuid(os.geteuid()).pw_name,
    )
    supervisor = Supervisor(settings, office, clock, ("localhost",))
    ended = threading.Event()

    def keep():
        while not ended.is_set():
            supervisor.step()

    supervisor.start()
    thread = threading.Thread(target=keep)
    thread.start()
    yield settings.port
    ended.set()
    thread.join()
    supervisor.stop()


@pytest.fixture
def certified(tmp_path, office):
    """Write key and certificate of a device or service, and return the register's entry."""

    def write(name, location=None):
        key = vault.new_key()
        if location is None:
            entry, key = office.equip(Subject(Kind.SERVICE, name), at=clock())
        else:
            subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
            builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
            pem = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
            entry = office.sign_device(pem, location, at=clock())
        vault.write_private(tmp_path / f"{name}.key", vault.sealed(key, None))
        vault.write_public(tmp_path / f"{name}.crt", entry.certificate.encode() + office.chain)
        return entry

    return write


def test_a_cameras_reports_are_counted_and_nobody_elses_in_its_name(
    tmp_path, office, port, certified, eventually
):
    certified("service:stream")
    entry = certified(MINE.device, MINE.location)
    trust, database = tmp_path / "ca" / "trust.pem", f"sqlite:///{tmp_path}/cloud.db"
    url = f"mqtts://localhost:{port}"
    options = ["--broker", url, "--database", database, "--ca", str(trust)]
    for name, ending in (("--cert", "crt"), ("--key", "key")):
        options += [name, str(tmp_path / f"service:stream.{ending}")]
    engine = connect(database)
    with ProcessGroup(tmp_path / "logs") as processes:
        processes.start("stream", ["cloud", "stream", *options])
        eventually(lambda: "stream.started" in processes.log("stream").read_text(), what="a stream")
        rules = tmp_path / "broker" / "access.acl"
        eventually(lambda: MINE.device in rules.read_text(), what="the camera's rules")
        certificate, key = (tmp_path / f"{MINE.device}.{ending}" for ending in ("crt", "key"))
        broker = broker_at(url, ca=trust, certificate=certificate, key=key)

        # As another camera: the broker does not let it in, and writes it down.
        forger = PahoLink(broker, THEIRS)
        forger.start()
        audit = tmp_path / "broker" / "audit.jsonl"
        refused = f"asked for client id '{THEIRS.device}'"
        eventually(lambda: audit.exists() and refused in audit.read_text(), what="a refusal")
        assert not forger.connected
        forger.stop()

        link = PahoLink(broker, MINE)
        link.start()
        heard = []

        def acknowledged():
            link.send(Channel.AUDIENCE, encode_event(audience_event(report(MINE, 1))))
            heard.extend(link.received())
            return heard

        eventually(acknowledged, what="an acknowledgement")
        ack: Ack = msgspec.json.decode(heard[0], type=AckEvent).data
        assert (ack.device, ack.journal, ack.through) == (MINE.device, JOURNAL, 1)
        with reading(engine) as connection:
            rows = connection.execute(minute_tallies.select()).all()
        assert [(row.device, row.entries) for row in rows] == [(MINE.device, 1)]

        # Revoked: the broker itself says that the camera is gone.
        eventually(lambda: presence(engine, MINE) == "online", what="its presence")
        office.revoke([entry.serial], reason="withdrawn", at=clock())
        eventually(lambda: presence(engine, MINE) == "offline", what="the will")
        assert presence(engine, THEIRS) is None
        link.stop()
    engine.dispose()


def presence(engine, address):
    wanted = device_status.c.device == address.device
    with reading(engine) as connection:
        row = connection.execute(device_status.select().where(wanted)).one_or_none()
    return row and row.presence
