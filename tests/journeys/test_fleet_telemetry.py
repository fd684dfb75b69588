"""Reports through the hardened broker: the camera's own link, the real stream, certificates.

The reports of a camera are counted and acknowledged, and their receipts, signed with the key of its
certificate, are logged; reports of another client in its name are not.
"""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from sqlalchemy import select

from cloud.database import connect, device_status, minute_tallies, reading
from cloud.database.receipts import receipts
from edge_agent.reporting.receipt_signing import ReceiptSigner
from edge_agent.transport.broker import parse_broker_url
from edge_agent.transport.paho import PahoLink
from provisioning.authority.profiles import CertificateKind
from tests.provisioning.installation import Installation
from tests.report_builder import build_report
from wire.envelope import AckEvent, audience_event, encode_event
from wire.scalars import DeviceId, JournalId, LocationId, SequenceRange
from wire.topics import Channel, DeviceAddress

pytestmark = [pytest.mark.broker, pytest.mark.slow]
CAMERA = DeviceAddress(LocationId("KX-01"), DeviceId("kx-01-cam-1"))
OTHER = DeviceAddress(LocationId("KX-01"), DeviceId("kx-01-sim"))
STREAM = JournalId("00000000000000a1")


def report(address, sequence):
    starts_at = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=2)
    return build_report(
        location=address.location,
        device=address.device,
        journal=STREAM,
        sequence=SequenceRange(first=sequence, last=sequence),
        starts_at=starts_at,
        ends_at=starts_at + timedelta(seconds=10),
        observed_ms=10_000,
        entries=1,
        peak=1,
    )


@pytest.fixture
def installation(tmp_path):
    """A hardened broker with its certificate authority."""
    with Installation(tmp_path) as installation:
        yield installation


def presence(engine, address):
    query = device_status.select().where(device_status.c.device == address.device)
    with reading(engine) as connection:
        row = connection.execute(query).one_or_none()
    return row and row.presence


def receipt_states(engine):
    with reading(engine) as connection:
        rows = connection.execute(select(receipts.c.state, receipts.c.reason)).all()
    return [tuple(row) for row in rows]


def test_reports_of_a_camera_are_counted_and_those_in_its_name_are_not(
    tmp_path, installation, processes, eventually
):
    url = f"mqtts://localhost:{installation.settings.port}"
    trust, database = tmp_path / "ca" / "trust.pem", f"sqlite:///{tmp_path}/cloud.db"
    service = installation.equip(CertificateKind.SERVICE, "service:stream")
    options = ["--broker", url, "--database", database, "--ca", str(trust)]
    options += ["--receipts-root", str(trust)]
    for name, suffix in (("--cert", "crt"), ("--key", "key")):
        options += [name, str(tmp_path / f"{service.serial}.{suffix}")]
    record = installation.certify(CAMERA.device, CAMERA.location)
    engine = connect(database)
    processes.start("stream", ["cloud", "stream", *options])
    eventually(lambda: "stream.started" in processes.log("stream").read_text(), what="a stream")
    installation.wait_for_rules(CAMERA.device)
    certificate, key = (tmp_path / f"{record.serial}.{suffix}" for suffix in ("crt", "key"))
    broker = parse_broker_url(url, ca=trust, certificate=certificate, key=key)

    # the broker rejects the certificate under the name of another camera, and logs it
    other = PahoLink(broker, OTHER)
    other.start()
    audit = installation.settings.audit_file
    rejected = f"asked for client id '{OTHER.device}'"
    eventually(lambda: audit.exists() and rejected in audit.read_text(), what="a rejection")
    assert not other.connected
    other.stop()

    link = PahoLink(broker, CAMERA)
    link.start()
    acks, signer = [], ReceiptSigner(certificate, key)

    def is_acknowledged():
        sent = report(CAMERA, 1)
        link.send(Channel.AUDIENCE, encode_event(audience_event(sent, signer.sign(sent))))
        acks.extend(link.take_acknowledgements())
        return acks

    eventually(is_acknowledged, what="an acknowledgement")
    ack = msgspec.json.decode(acks[0], type=AckEvent).data
    assert (ack.device, ack.journal, ack.through) == (CAMERA.device, STREAM, 1)
    with reading(engine) as connection:
        rows = connection.execute(minute_tallies.select()).all()
    assert [(row.device, row.entries) for row in rows] == [(CAMERA.device, 1)]

    eventually(lambda: receipt_states(engine) == [("logged", None)], what="a logged receipt")

    # after a revocation the broker itself reports that the camera is offline
    eventually(lambda: presence(engine, CAMERA) == "online", what="its presence")
    installation.authority.revoke([record.serial], reason="withdrawn", at=datetime.now(UTC))
    eventually(lambda: presence(engine, CAMERA) == "offline", what="its last will")
    assert presence(engine, OTHER) is None
    link.stop()
    engine.dispose()
