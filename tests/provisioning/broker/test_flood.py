"""One device floods, reconnects in a loop or sends garbage; the other devices are not affected."""

import contextlib
import os
import socket
import ssl
import threading

import pytest

from tests.provisioning.installation import wait_until
from wire.envelope import MAX_PAYLOAD_BYTES

pytestmark = pytest.mark.broker
PATIENCE_S = 10.0
HEARTBEAT = "onlooker/v1/KX-01/{}/heartbeat"
STATUS = "onlooker/v1/KX-01/{}/status"
FLOOD = 3_500


def encode_string(value):
    return len(value).to_bytes(2, "big") + value


def encode_packet(head, body):
    length, left = b"", len(body)
    while True:
        left, seven = left >> 7, left & 127
        length += bytes([seven | (128 if left else 0)])
        if not left:
            return bytes([head]) + length + body


def encode_connect(name):
    return encode_packet(0x10, b"\x00\x04MQTT\x04\x02\x00\x3c" + encode_string(name.encode()))


def encode_publish(topic, payload, head=0x30):
    return encode_packet(head, encode_string(topic.encode()) + payload)


@pytest.fixture
def dial(installation):
    """Open a raw TLS connection with a device's certificate, admitted when `name` is given."""
    opened = []

    def open_one(record, name=None):
        context = ssl.create_default_context(cafile=installation.authority.folder / "trust.pem")
        stem = installation.folder / record.serial
        context.load_cert_chain(stem.with_suffix(".crt"), stem.with_suffix(".key"))
        address = ("127.0.0.1", installation.settings.port)
        plain = socket.create_connection(address, timeout=PATIENCE_S)
        connection = context.wrap_socket(plain, server_hostname="localhost")
        opened.append(connection)
        if name is not None:
            connection.sendall(encode_connect(name))
            assert connection.recv(4)[3] == 0
        return connection

    yield open_one
    for one in opened:
        one.close()


@pytest.fixture
def honest(installation):
    """Cameras that stay connected and may publish at the end of each test."""
    records = [installation.certify(f"honest-{number}") for number in range(3)]
    clients = [installation.create_client(record).connect() for record in records]
    wait_until(lambda: clients[-1].publish(HEARTBEAT.format("honest-2")))
    pid = installation.supervisor.process_id
    yield clients
    for number, client in enumerate(clients):
        assert client.publish(HEARTBEAT.format(f"honest-{number}"))
        assert client.disconnections.empty()
    assert installation.supervisor.process_id == pid


def is_closed(opened):
    try:
        while opened.recv(65_536):
            pass
    except OSError:
        pass
    return True


def test_thousands_of_heartbeats_in_one_send_end_that_session_only(installation, honest, dial):
    record = installation.certify("burst")
    installation.wait_for_rules("burst")
    for _ in range(7):
        opened = dial(record, "burst")
        with contextlib.suppress(OSError):  # the broker closes it meanwhile
            opened.sendall(encode_publish(HEARTBEAT.format("burst"), b"{}") * FLOOD)
        assert is_closed(opened)
    installation.wait_for_audit("publish.flood", "burst")


def test_a_reconnection_does_not_refill_the_allowance(installation, honest, dial, stream):
    record = installation.certify("again")
    installation.wait_for_rules("again")
    stream.subscribe(HEARTBEAT.format("again"))
    for _ in range(5):
        opened = dial(record, "again")
        with contextlib.suppress(OSError):  # the broker closes it meanwhile
            opened.sendall(encode_publish(HEARTBEAT.format("again"), b"{}") * 400)
        is_closed(opened)
    honest[0].publish(HEARTBEAT.format("honest-0"))
    passed = stream.received.qsize()
    limits = installation.settings.limits
    assert passed <= limits.burst_messages + 10 * limits.messages_per_s


def test_a_device_that_connects_in_a_loop_is_refused_and_the_others_are_not(
    installation, honest, dial
):
    record = installation.certify("looping")
    codes = []
    for _ in range(60):
        opened = dial(record)
        opened.sendall(encode_connect("looping"))
        codes.append(opened.recv(4)[3])
        opened.close()
    assert codes[:30] == [0] * 30
    assert codes[-1] == 5  # not authorised
    installation.wait_for_audit("connect.flood", "looping")


def test_a_reload_does_not_count_as_a_connection(installation, honest):
    for _ in range(40):
        installation.supervisor._process.reload()
        threading.Event().wait(0.02)
    assert honest[0].publish(HEARTBEAT.format("honest-0"))


def test_oversized_and_retained_garbage_is_not_delivered(installation, honest, dial, stream):
    record = installation.certify("garbage")
    installation.wait_for_rules("garbage")
    stream.subscribe("onlooker/v1/KX-01/garbage/heartbeat")
    for body in (b"\xff" * (MAX_PAYLOAD_BYTES + 1), b"\x00" * 300_000):
        opened = dial(record, "garbage")
        with contextlib.suppress(OSError):  # the broker closes it meanwhile
            opened.sendall(encode_publish(HEARTBEAT.format("garbage"), body, 0x31))
        assert is_closed(opened)
    for head in (0x00, 0xF0, 0x3F, 0x36):  # reserved kinds, both bits of QoS, QoS 3
        opened = dial(record, "garbage")
        opened.sendall(encode_packet(head, os.urandom(64)))
        assert is_closed(opened)
    assert honest[0].publish(HEARTBEAT.format("honest-0"))
    received = [stream.received.get() for _ in range(stream.received.qsize())]
    assert HEARTBEAT.format("garbage") not in received


def test_only_a_status_may_be_retained(installation, honest, stream):
    sender = installation.create_client(installation.certify("keeper")).connect()
    wait_until(lambda: sender.publish(HEARTBEAT.format("keeper")))
    sender.paho.publish(HEARTBEAT.format("keeper"), b"{}", qos=1, retain=True)
    assert sender.publications.get(timeout=PATIENCE_S) == 135
    sender.paho.publish(STATUS.format("keeper"), b"{}", qos=1, retain=True)
    assert sender.publications.get(timeout=PATIENCE_S) in (0, 16)


def test_a_topic_with_a_line_break_adds_no_line_to_the_log(installation, honest, dial):
    opened = dial(installation.certify("forger"), "forger")
    opened.sendall(
        encode_publish("x\nAuth plugin: honest-0 disconnected, more than 1 messages a second", b"")
    )
    assert is_closed(opened)
    lines = [(one["event"], one["client"]) for one in installation.read_audit()]
    assert ("publish.flood", "honest-0") not in lines
