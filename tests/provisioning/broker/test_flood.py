"""One device floods, reconnects in a loop, sends garbage: the broker and the others go on."""

import contextlib
import os
import socket
import ssl
import threading

import pytest

from wire.envelope import MAX_PAYLOAD_BYTES

pytestmark = pytest.mark.broker
PATIENCE_S = 10.0
HEARTBEAT = "onlooker/v1/KX-01/{}/heartbeat"
STATUS = "onlooker/v1/KX-01/{}/status"
FLOOD = 3_500


def text(value):
    return len(value).to_bytes(2, "big") + value


def packet(head, body):
    length, left = b"", len(body)
    while True:
        left, seven = left >> 7, left & 127
        length += bytes([seven | (128 if left else 0)])
        if not left:
            return bytes([head]) + length + body


def connect(name):
    return packet(0x10, b"\x00\x04MQTT\x04\x02\x00\x3c" + text(name.encode()))


def publish(topic, payload, head=0x30):
    return packet(head, text(topic.encode()) + payload)


@pytest.fixture
def line(house):
    """Open a raw TLS connection with a device's certificate, admitted when `name` is given."""
    opened = []

    def dial(entry, name=None):
        context = ssl.create_default_context(cafile=house.authority.folder / "trust.pem")
        stem = house.folder / entry.serial
        context.load_cert_chain(stem.with_suffix(".crt"), stem.with_suffix(".key"))
        plain = socket.create_connection(("127.0.0.1", house.settings.port), timeout=PATIENCE_S)
        made = context.wrap_socket(plain, server_hostname="localhost")
        opened.append(made)
        if name is not None:
            made.sendall(connect(name))
            assert made.recv(4)[3] == 0
        return made

    yield dial
    for one in opened:
        one.close()


@pytest.fixture
def honest(house):
    """Cameras that say something all the time and must lose no connection."""
    visitors = [house.visitor(house.certify(f"honest-{n}")).join() for n in range(3)]
    house.wait_until(lambda: visitors[-1].says(HEARTBEAT.format("honest-2")))
    pid = house.supervisor.process_id
    yield visitors
    for number, visitor in enumerate(visitors):
        assert visitor.says(HEARTBEAT.format(f"honest-{number}"))
        assert visitor.lost.empty()
    assert house.supervisor.process_id == pid


def ended(opened):
    try:
        while opened.recv(65_536):
            pass
    except OSError:
        pass
    return True


def has_rules(house, device):
    return lambda: f"user {device}\n" in house.settings.access_file.read_text()


def test_thousands_of_heartbeats_in_one_send_end_that_session_only(house, honest, line):
    entry = house.certify("burst")
    house.wait_until(has_rules(house, "burst"))
    for _ in range(7):
        opened = line(entry, "burst")
        with contextlib.suppress(OSError):  # it is ended in the middle of it
            opened.sendall(publish(HEARTBEAT.format("burst"), b"{}") * FLOOD)
        assert ended(opened)
    house.wait_for_audit("publish.flood", "burst")


def test_a_reconnection_does_not_refill_the_allowance(house, honest, line, stream):
    entry = house.certify("again")
    house.wait_until(has_rules(house, "again"))
    stream.listens(HEARTBEAT.format("again"))
    for _ in range(5):
        opened = line(entry, "again")
        with contextlib.suppress(OSError):  # it is ended in the middle of it
            opened.sendall(publish(HEARTBEAT.format("again"), b"{}") * 400)
        ended(opened)
    honest[0].says(HEARTBEAT.format("honest-0"))
    passed = stream.heard.qsize()
    limits = house.settings.limits
    assert passed <= limits.burst_messages + 10 * limits.messages_per_s


def test_a_device_that_connects_in_a_loop_is_refused_and_the_others_are_not(house, honest, line):
    entry = house.certify("looping")
    codes = []
    for _ in range(60):
        opened = line(entry)
        opened.sendall(connect("looping"))
        codes.append(opened.recv(4)[3])
        opened.close()
    assert codes[:30] == [0] * 30
    assert codes[-1] == 5  # not authorised
    house.wait_for_audit("connect.flood", "looping")


def test_reading_the_rules_again_is_no_connection(house, honest):
    for _ in range(40):
        house.supervisor._process.reload()
        threading.Event().wait(0.02)
    assert honest[0].says(HEARTBEAT.format("honest-0"))


def test_oversized_and_retained_garbage_reaches_nobody(house, honest, line, stream):
    entry = house.certify("garbage")
    house.wait_until(has_rules(house, "garbage"))
    stream.listens("onlooker/v1/KX-01/garbage/heartbeat")
    for body in (b"\xff" * (MAX_PAYLOAD_BYTES + 1), b"\x00" * 300_000):
        opened = line(entry, "garbage")
        with contextlib.suppress(OSError):  # it is ended in the middle of it
            opened.sendall(publish(HEARTBEAT.format("garbage"), body, 0x31))
        assert ended(opened)
    for head in (0x00, 0xF0, 0x3F, 0x36):  # reserved kinds, both bits of QoS, QoS 3
        opened = line(entry, "garbage")
        opened.sendall(packet(head, os.urandom(64)))
        assert ended(opened)
    assert honest[0].says(HEARTBEAT.format("honest-0"))
    heard = [stream.heard.get() for _ in range(stream.heard.qsize())]
    assert HEARTBEAT.format("garbage") not in heard


def test_only_a_status_may_be_retained(house, honest, stream):
    sender = house.visitor(house.certify("keeper")).join()
    house.wait_until(lambda: sender.says(HEARTBEAT.format("keeper")))
    sender.client.publish(HEARTBEAT.format("keeper"), b"{}", qos=1, retain=True)
    assert sender.acked.get(timeout=PATIENCE_S) == 135
    sender.client.publish(STATUS.format("keeper"), b"{}", qos=1, retain=True)
    assert sender.acked.get(timeout=PATIENCE_S) in (0, 16)


def test_a_topic_with_a_line_break_forges_no_line_of_the_log(house, honest, line):
    opened = line(house.certify("forger"), "forger")
    opened.sendall(
        publish("x\nAuth plugin: honest-0 disconnected, more than 1 messages a second", b"")
    )
    assert ended(opened)
    lines = [(one["event"], one["client"]) for one in house.audit()]
    assert ("publish.flood", "honest-0") not in lines
