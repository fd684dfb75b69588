"""MQTT: message numbers of a closed connection, shared subscriptions, invalid addresses."""

import socket
import time
from collections.abc import Iterator

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.publish import multiple
from paho.mqtt.reasoncodes import ReasonCode

from cloud.ingest.sources.message_source import BatchLimits, Delivery, SourceError
from cloud.ingest.sources.mqtt import MqttSource, parse_broker_url
from simulators.servers.mosquitto import Mosquitto

TOPIC = "onlooker/v1/KX-01/kx-01-cam-1/audience"
STATUS = "onlooker/v1/KX-01/kx-01-cam-1/status"
WITHIN_S = 10.0
SHORT = BatchLimits(idle_s=0.1)


@pytest.fixture
def source(mosquitto: Mosquitto) -> Iterator[MqttSource]:
    source = MqttSource(parse_broker_url(mosquitto.url))
    source.receive(SHORT)
    yield source
    source.close()


def publish(broker: Mosquitto, *payloads: bytes, topic: str = TOPIC, retain: bool = False) -> None:
    multiple([(topic, each, 1, retain) for each in payloads], broker.host, broker.port)


def received(source: MqttSource, wanted: int) -> list[Delivery]:
    deadline, deliveries = time.monotonic() + WITHIN_S, list[Delivery]()
    while len(deliveries) < wanted and time.monotonic() < deadline:
        deliveries += source.receive(SHORT)
    return deliveries


def cut(source: MqttSource) -> None:
    line = source._client.socket()
    assert isinstance(line, socket.socket)
    line.shutdown(socket.SHUT_RDWR)


@pytest.mark.broker
def test_a_receipt_of_a_closed_connection_acknowledges_nothing_on_the_next(
    mosquitto: Mosquitto, source: MqttSource
) -> None:
    publish(mosquitto, b"one")
    (before,) = received(source, 1)
    cut(source)
    (again,) = received(source, 1)
    assert (before.receipt[1], before.payload) == (again.receipt[1], again.payload)
    source.acknowledge([before])
    cut(source)
    (still,) = received(source, 1)
    source.acknowledge([still])
    cut(source)
    publish(mosquitto, b"two")
    assert [delivery.payload for delivery in received(source, 1)] == [b"two"]


@pytest.mark.broker
def test_consumers_of_one_group_divide_and_each_hears_who_is_present(mosquitto: Mosquitto) -> None:
    publish(mosquitto, b"online", topic=STATUS, retain=True)
    group = [
        MqttSource(parse_broker_url(mosquitto.url, client_id=f"member-{n}", share="cloud"))
        for n in range(2)
    ]
    present = [member.receive(BatchLimits(idle_s=1.0)) for member in group]
    assert [[each.payload for each in some] for some in present] == [[b"online"]] * 2
    publish(mosquitto, *(b"%d" % number for number in range(20)))
    shares = [[each.payload for each in received(member, 1)] for member in group]
    assert all(shares)
    assert sorted(int(payload) for share in shares for payload in share) == list(range(20))
    for member in group:
        member.close()


@pytest.mark.broker
def test_a_window_of_twenty_unacknowledged_messages_does_not_stall(
    mosquitto: Mosquitto, source: MqttSource
) -> None:
    publish(mosquitto, *(b"%d" % number for number in range(100)))
    deliveries = list[Delivery]()
    while len(deliveries) < 100:
        some = source.receive(BatchLimits(messages=1_000, longest_s=60.0, quiet_s=0.02))
        assert some
        source.acknowledge(some)
        deliveries += some
    assert [int(each.payload) for each in deliveries] == list(range(100))


def test_a_broker_that_is_not_there_is_tried_again_later() -> None:
    source = MqttSource(parse_broker_url("mqtt://127.0.0.1:1"))
    assert list(source.receive(SHORT)) == []
    assert list(source.receive(SHORT)) == []


@pytest.mark.parametrize("url", ["127.0.0.1:1883", "http://x", "mqtt://", "mqtt://x:port", ""])
def test_addresses_that_are_none_are_refused(url: str) -> None:
    with pytest.raises(SourceError, match="broker: the "):
        parse_broker_url(url)


def test_an_address_says_who_we_are_and_whether_it_is_private() -> None:
    broker = parse_broker_url("mqtts://cloud:s%40crit@broker.example")
    assert (broker.host, broker.port, broker.tls) == ("broker.example", 8883, True)
    assert (broker.username, broker.password) == ("cloud", "s@crit")


def test_tls_files_that_are_missing_are_refused() -> None:
    with pytest.raises(SourceError, match="TLS files"):
        MqttSource(parse_broker_url("mqtts://broker.example", ca_file="/nowhere.pem"))


@pytest.mark.broker
def test_two_consumers_with_one_client_id_log_it_and_wait(
    mosquitto: Mosquitto, source: MqttSource, caplog: pytest.LogCaptureFixture
) -> None:
    other = MqttSource(parse_broker_url(mosquitto.url))
    deadline = time.monotonic() + 6.0
    while time.monotonic() < deadline:
        for each in (other, source):
            each.receive(SHORT)
    records = [one for one in caplog.records if one.getMessage() == "broker.session_taken_over"]
    assert records
    assert {one.levelname for one in records} == {"ERROR"}
    assert "--client-id" in vars(records[0])["reason"]
    assert source._connection + other._connection <= 8
    other.close()


@pytest.mark.broker
def test_a_broker_that_names_the_take_over_is_believed_at_once(
    source: MqttSource, caplog: pytest.LogCaptureFixture
) -> None:
    taken_over = ReasonCode(PacketTypes.DISCONNECT, identifier=0x8E)
    source._on_disconnect(source._client, None, None, taken_over, None)
    assert "broker.session_taken_over" in [one.getMessage() for one in caplog.records]
    before = source._connection
    source.receive(SHORT)
    assert source._connection == before
