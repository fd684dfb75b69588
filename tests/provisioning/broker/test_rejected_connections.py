"""The broker's door, tried by people who should not get in, on a real Mosquitto."""

import socket
import ssl
from datetime import timedelta

import paho.mqtt.client as mqtt
import pytest

from provisioning.authority.ca import create_authority
from provisioning.authority.profiles import CertificateKind
from wire.envelope import MAX_PAYLOAD_BYTES

pytestmark = pytest.mark.broker
PATIENCE_S = 10.0
MINE = "onlooker/v1/KX-01/{}/audience"


@pytest.fixture(scope="module")
def others(house, now):
    """Ten cameras that must never notice what happens to anybody else."""
    entries = [house.certify(f"other-{number}") for number in range(10)]
    visitors = [house.visitor(entry).join() for entry in entries]
    house.wait_until(lambda: visitors[-1].says(MINE.format("other-9")))
    yield visitors
    for visitor in visitors:
        assert visitor.lost.empty()
        assert visitor.client.is_connected()


def turned_away(visitor):
    """TLS refuses at once or, in version 1.3, when the first packet has been sent."""
    try:
        visitor.client.connect("127.0.0.1", visitor.port)
    except (ssl.SSLError, ConnectionError):
        return True
    visitor.client.loop_start()
    visitor.lost.get(timeout=PATIENCE_S)
    return visitor.joined.empty()


def test_without_a_certificate_nobody_gets_in(house, others):
    assert turned_away(house.visitor(None))


def test_an_expired_certificate_does_not_open(house, others, now):
    entry = house.certify("late", at=now() - timedelta(days=3), days=1)
    assert turned_away(house.visitor(entry))


def test_a_certificate_of_another_authority_does_not_open(house, others, now, tmp_path):
    forger = create_authority(tmp_path / "ca", name="Test", secret=None, at=now())
    entry = house.certify("other-1", office=forger)
    assert turned_away(house.visitor(entry))


@pytest.mark.parametrize(
    ("kind", "name"), [(CertificateKind.CLAIM, "batch-7"), (CertificateKind.SERVER, "localhost")]
)
def test_certificates_made_for_something_else_do_not_open(house, others, kind, name):
    assert turned_away(house.visitor(house.equip(kind, name)))


@pytest.mark.parametrize("version", [mqtt.MQTTv311, mqtt.MQTTv5])
def test_another_clients_id_takes_over_nobodys_session(house, others, version):
    entry = house.certify(f"thief-{version}")
    assert house.visitor(entry, client_id="other-3", version=version).is_refused()
    assert house.audited("connect.wrong_id", entry.name)["detail"] == (
        "asked for client id 'other-3'"
    )
    assert others[3].lost.empty()
    assert others[3].says(MINE.format("other-3"))


def test_a_copied_certificate_shows_in_the_audit(house, others):
    entry = house.certify("copied")
    first = house.visitor(entry).join()
    house.visitor(entry).join()
    assert first.lost.get(timeout=PATIENCE_S)
    house.wait_for_audit("session.taken_over", "copied")


def test_websockets_ask_for_a_certificate_too(house, others):
    entry = house.certify("browser")
    visitor = house.visitor(entry, websockets=True).join()
    house.wait_until(lambda: visitor.says(MINE.format("browser")))
    assert not visitor.says(MINE.format("other-1"))
    context = ssl.create_default_context(cafile=house.authority.folder / "trust.pem")
    context.maximum_version = ssl.TLSVersion.TLSv1_2  # which refuses in the handshake
    address = ("127.0.0.1", house.settings.websockets_port)
    with (
        socket.create_connection(address) as line,
        pytest.raises(ssl.SSLError, match="handshake failure"),
    ):
        context.wrap_socket(line, server_hostname="localhost")


def test_a_kept_session_is_not_inherited_by_another_certificate(house, others, fleet):
    heirs = house.certify("heir")
    owner = house.visitor(heirs, clean=False, version=mqtt.MQTTv311).join()
    owner.listens("$aws/things/heir/#")
    owner.leave()
    assert fleet.says("$aws/things/heir/jobs/notify-next")
    robbers = house.certify("robber")
    kept = {"clean": False, "version": mqtt.MQTTv311}
    assert house.visitor(robbers, client_id="heir", **kept).is_refused()
    thief = house.visitor(robbers, **kept).join()
    thief.listens("$aws/things/robber/#")
    assert fleet.says("$aws/things/robber/jobs/notify-next")
    assert thief.has_heard("$aws/things/robber/jobs/notify-next") == [
        "$aws/things/robber/jobs/notify-next"
    ]
    owner = house.visitor(heirs, **kept).join()
    assert owner.heard.get(timeout=PATIENCE_S) == "$aws/things/heir/jobs/notify-next"


def test_an_oversize_message_ends_the_senders_session_and_reaches_nobody(house, others, stream):
    topic = MINE.format("big")
    sender = house.visitor(house.certify("big"), version=mqtt.MQTTv311).join()
    house.wait_until(lambda: "user big\n" in house.settings.access_file.read_text())
    stream.listens("onlooker/v1/+/+/audience")
    sender.client.publish(topic, b"x" * (MAX_PAYLOAD_BYTES + 1), qos=1)
    house.wait_for_audit("publish.too_large", "big")
    again = house.visitor(house.certify("big-2")).join()
    house.wait_until(lambda: again.says(MINE.format("big-2")))
    assert topic not in stream.has_heard(MINE.format("big-2"))


def test_a_flood_ends_the_session_and_is_written_down(house, others):
    flooder = house.visitor(house.certify("flooder")).join()
    for _ in range(1_000):
        flooder.client.publish("onlooker/v1/KX-01/flooder/heartbeat", b"{}", qos=0)
    assert flooder.lost.get(timeout=PATIENCE_S)
    house.wait_for_audit("publish.flood", "flooder")


def test_a_revoked_camera_loses_its_session_and_cannot_return(house, others, now):
    entry = house.certify("leaver")
    leaver = house.visitor(entry).join()
    house.authority.revoke([entry.serial], reason="key-compromise", at=now())
    assert leaver.lost.get(timeout=PATIENCE_S)
    assert turned_away(house.visitor(entry))
    house.wait_for_audit("session.ended", "leaver")
    line = next(line for line in house.audit() if line["client"] == "leaver")
    assert line["detail"] == "revoked: key-compromise"


def test_a_camera_goes_on_with_its_new_certificate_when_the_old_one_is_revoked(house, others, now):
    old, new = house.certify("rotated"), house.certify("rotated")
    house.visitor(old).join()
    house.authority.revoke([old.serial], reason="superseded", at=now())
    house.wait_for_audit("session.ended", "rotated")
    back = house.visitor(new).join()
    house.wait_until(lambda: back.says(MINE.format("rotated")))


def test_the_audit_names_what_happened_at_the_door(house, others):
    assert turned_away(house.visitor(None))
    house.wait_until(
        lambda: any(
            line["event"] == "connect.refused" and "did not return a certificate" in line["detail"]
            for line in house.audit()
        )
    )
