"""What every source owes the consumer, whatever stands behind it."""

import base64
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest
from moto import mock_aws
from paho.mqtt.publish import multiple

from cloud.database import connect
from cloud.ingest.sources.kinesis import KinesisSource
from cloud.ingest.sources.memory import MemorySource
from cloud.ingest.sources.message_source import BatchLimits, Delivery, MessageSource
from cloud.ingest.sources.mqtt import MqttSource, parse_broker_url
from simulators.servers.mosquitto import Mosquitto
from tests.cloud.databases import create_tables

TOPIC = "onlooker/v1/KX-01/kx-01-cam-1/audience"
WITHIN_S = 10.0
BATCH = BatchLimits()


@dataclass
class Line:
    """A source, a device's way to reach it, and its consumer's death and return."""

    source: MessageSource
    publish: Callable[[Sequence[bytes]], None]
    come_back: Callable[[], MessageSource]


@pytest.fixture(params=["memory", "kinesis", pytest.param("mqtt", marks=pytest.mark.broker)])
def line(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Line]:
    match request.param:
        case "memory":
            yield from in_memory()
        case "kinesis":
            for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
                monkeypatch.setenv(name, "testing")
            monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-2")
            with mock_aws():
                yield from over_kinesis(tmp_path)
        case _:
            yield from over_mqtt(tmp_path)


def in_memory() -> Iterator[Line]:
    source = MemorySource()

    def come_back() -> MessageSource:
        source.reopen()
        return source

    def publish(payloads: Sequence[bytes]) -> None:
        for payload in payloads:
            source.put(TOPIC, payload)

    yield Line(source, publish, come_back)


def over_kinesis(folder: Path) -> Iterator[Line]:
    kinesis = boto3.client("kinesis")
    kinesis.create_stream(StreamName="audience", ShardCount=1)
    engine = connect(f"sqlite:///{folder}/onlooker.db")
    create_tables(engine)

    def source() -> MessageSource:
        return KinesisSource("audience", engine, kinesis=kinesis, iot_data=None)

    def publish(payloads: Sequence[bytes]) -> None:
        for payload in payloads:
            record = {"topic": TOPIC, "payload": base64.b64encode(payload).decode()}
            data = json.dumps(record).encode()
            kinesis.put_record(StreamName="audience", Data=data, PartitionKey="kx-01-cam-1")

    yield Line(source(), publish, source)
    engine.dispose()


def over_mqtt(folder: Path) -> Iterator[Line]:
    broker = Mosquitto(folder / "mosquitto")
    broker.start()
    sources = [MqttSource(parse_broker_url(broker.url))]
    assert list(sources[0].receive(BatchLimits(idle_s=0.1))) == []  # connected from here on

    def publish(payloads: Sequence[bytes]) -> None:
        multiple([(TOPIC, each, 1, False) for each in payloads], broker.host, broker.port)

    def come_back() -> MessageSource:
        sources[-1]._client.socket().close()  # type: ignore[union-attr]  as a killed process leaves it
        sources.append(MqttSource(parse_broker_url(broker.url)))
        return sources[-1]

    yield Line(sources[0], publish, come_back)
    for source in sources:
        source.close()
    broker.stop()


def received(source: MessageSource, wanted: int, limits: BatchLimits = BATCH) -> list[Delivery]:
    deadline, deliveries = time.monotonic() + WITHIN_S, list[Delivery]()
    while len(deliveries) < wanted and time.monotonic() < deadline:
        deliveries += source.receive(limits)
    return deliveries


def test_messages_come_whole_and_in_order(line: Line) -> None:
    payloads = [b"%d" % number * 1_000 for number in range(30)]
    line.publish(payloads)
    deliveries = []
    while len(deliveries) < 30:
        some = received(line.source, 1)
        line.source.acknowledge(some)
        deliveries += some
    assert [delivery.payload for delivery in deliveries] == payloads
    assert {delivery.topic for delivery in deliveries} == {TOPIC}


def test_a_portion_is_never_larger_than_asked(line: Line) -> None:
    line.publish([b"%d" % number for number in range(7)])
    sizes = []
    while sum(sizes) < 7:
        some = line.source.receive(BatchLimits(messages=3))
        line.source.acknowledge(some)
        sizes.append(len(some))
    assert max(sizes) <= 3


def test_what_was_not_settled_comes_again(line: Line) -> None:
    line.publish([b"settled", b"not settled"])
    settled, not_settled = received(line.source, 2)
    line.source.acknowledge([settled])
    line.source.receive(BatchLimits(idle_s=0.1))
    again = received(line.come_back(), 1)
    assert [delivery.payload for delivery in again] == [not_settled.payload]


def test_nothing_is_nothing(line: Line) -> None:
    assert list(line.source.receive(BatchLimits(idle_s=0.01))) == []
