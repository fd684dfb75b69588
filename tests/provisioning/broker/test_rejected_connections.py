"""Connections and messages that the broker rejects, on a real Mosquitto."""

import socket
import ssl
from datetime import timedelta

import paho.mqtt.client as mqtt
import pytest

from provisioning.authority.ca import create_authority
from provisioning.authority.profiles import CertificateKind
from tests.provisioning.installation import wait_until
from wire.envelope import MAX_PAYLOAD_BYTES

pytestmark = pytest.mark.broker
PATIENCE_S = 10.0
AUDIENCE = "onlooker/v1/KX-01/{}/audience"


@pytest.fixture(scope="module")
def others(installation, now):
    """Ten cameras whose connections must never be affected by another client."""
    entries = [installation.certify(f"other-{number}") for number in range(10)]
    clients = [installation.create_client(record).connect() for record in entries]
    wait_until(lambda: clients[-1].publish(AUDIENCE.format("other-9")))
    yield clients
    for client in clients:
        assert client.disconnections.empty()
        assert client.paho.is_connected()


def is_rejected(client):
    """TLS rejects a client at once or, in version 1.3, after its first packet."""
    try:
        client.paho.connect("127.0.0.1", client.port)
    except (ssl.SSLError, ConnectionError):
        return True
    client.paho.loop_start()
    client.disconnections.get(timeout=PATIENCE_S)
    return client.connections.empty()


def test_a_client_without_a_certificate_is_rejected(installation, others):
    assert is_rejected(installation.create_client(None))


def test_an_expired_certificate_is_rejected(installation, others, now):
    record = installation.certify("late", at=now() - timedelta(days=3), days=1)
    assert is_rejected(installation.create_client(record))


def test_a_certificate_of_another_authority_is_rejected(installation, others, now, tmp_path):
    forger = create_authority(tmp_path / "ca", name="Test", secret=None, at=now())
    record = installation.certify("other-1", authority=forger)
    assert is_rejected(installation.create_client(record))


@pytest.mark.parametrize(
    ("kind", "name"), [(CertificateKind.CLAIM, "batch-7"), (CertificateKind.SERVER, "localhost")]
)
def test_claim_and_server_certificates_are_rejected(installation, others, kind, name):
    assert is_rejected(installation.create_client(installation.equip(kind, name)))


@pytest.mark.parametrize("version", [mqtt.MQTTv311, mqtt.MQTTv5])
def test_a_client_with_the_id_of_another_takes_over_no_session(installation, others, version):
    record = installation.certify(f"thief-{version}")
    assert installation.create_client(record, client_id="other-3", version=version).is_refused()
    assert installation.wait_for_audit("connect.wrong_id", record.name)["detail"] == (
        "asked for client id 'other-3'"
    )
    assert others[3].disconnections.empty()
    assert others[3].publish(AUDIENCE.format("other-3"))


def test_the_use_of_a_copied_certificate_is_audited(installation, others):
    record = installation.certify("copied")
    first = installation.create_client(record).connect()
    installation.create_client(record).connect()
    assert first.disconnections.get(timeout=PATIENCE_S)
    installation.wait_for_audit("session.taken_over", "copied")


def test_websockets_require_a_certificate(installation, others):
    record = installation.certify("browser")
    client = installation.create_client(record, websockets=True).connect()
    wait_until(lambda: client.publish(AUDIENCE.format("browser")))
    assert not client.publish(AUDIENCE.format("other-1"))
    context = ssl.create_default_context(cafile=installation.authority.folder / "trust.pem")
    context.maximum_version = ssl.TLSVersion.TLSv1_2  # which refuses in the handshake
    address = ("127.0.0.1", installation.settings.websockets_port)
    with (
        socket.create_connection(address) as plain,
        pytest.raises(ssl.SSLError, match="handshake failure"),
    ):
        context.wrap_socket(plain, server_hostname="localhost")


def test_a_persistent_session_is_not_given_to_another_certificate(installation, others, fleet):
    owner_record = installation.certify("owner")
    owner = installation.create_client(owner_record, clean=False, version=mqtt.MQTTv311).connect()
    owner.subscribe("$aws/things/owner/#")
    owner.disconnect()
    assert fleet.publish("$aws/things/owner/jobs/notify-next")
    thief_record = installation.certify("thief")
    persistent = {"clean": False, "version": mqtt.MQTTv311}
    assert installation.create_client(thief_record, client_id="owner", **persistent).is_refused()
    thief = installation.create_client(thief_record, **persistent).connect()
    thief.subscribe("$aws/things/thief/#")
    assert fleet.publish("$aws/things/thief/jobs/notify-next")
    assert thief.receive_until("$aws/things/thief/jobs/notify-next") == [
        "$aws/things/thief/jobs/notify-next"
    ]
    owner = installation.create_client(owner_record, **persistent).connect()
    assert owner.received.get(timeout=PATIENCE_S) == "$aws/things/owner/jobs/notify-next"


def test_an_oversize_message_ends_the_senders_session_and_is_not_delivered(
    installation, others, stream
):
    topic = AUDIENCE.format("big")
    sender = installation.create_client(
        installation.certify("big"), version=mqtt.MQTTv311
    ).connect()
    installation.wait_for_rules("big")
    stream.subscribe("onlooker/v1/+/+/audience")
    sender.paho.publish(topic, b"x" * (MAX_PAYLOAD_BYTES + 1), qos=1)
    installation.wait_for_audit("publish.too_large", "big")
    again = installation.create_client(installation.certify("big-2")).connect()
    wait_until(lambda: again.publish(AUDIENCE.format("big-2")))
    assert topic not in stream.receive_until(AUDIENCE.format("big-2"))


def test_a_flood_ends_the_session_and_is_audited(installation, others):
    flooder = installation.create_client(installation.certify("flooder")).connect()
    for _ in range(1_000):
        flooder.paho.publish("onlooker/v1/KX-01/flooder/heartbeat", b"{}", qos=0)
    assert flooder.disconnections.get(timeout=PATIENCE_S)
    assert installation.wait_for_audit("publish.flood", "flooder")


def test_a_revoked_camera_loses_its_session_and_cannot_return(installation, others, now):
    record = installation.certify("leaver")
    leaver = installation.create_client(record).connect()
    installation.authority.revoke([record.serial], reason="key-compromise", at=now())
    assert leaver.disconnections.get(timeout=PATIENCE_S)
    assert is_rejected(installation.create_client(record))
    assert installation.wait_for_audit("session.ended", "leaver")
    event = next(one for one in installation.read_audit() if one["client"] == "leaver")
    assert event["detail"] == "revoked: key-compromise"


def test_a_camera_connects_with_its_new_certificate_when_the_old_one_is_revoked(
    installation, others, now
):
    old, new = installation.certify("rotated"), installation.certify("rotated")
    installation.create_client(old).connect()
    installation.authority.revoke([old.serial], reason="superseded", at=now())
    installation.wait_for_audit("session.ended", "rotated")
    returned = installation.create_client(new).connect()
    wait_until(lambda: returned.publish(AUDIENCE.format("rotated")))
    assert returned.paho.is_connected()
    assert returned.disconnections.empty()
    assert is_rejected(installation.create_client(old))


def test_the_audit_names_the_reason_of_a_rejected_connection(installation, others):
    assert is_rejected(installation.create_client(None))

    def find_reason():
        audit = installation.read_audit()
        refused = [one["detail"] for one in audit if one["event"] == "connect.refused"]
        return [detail for detail in refused if "did not return a certificate" in detail]

    wait_until(find_reason)
    assert find_reason()
