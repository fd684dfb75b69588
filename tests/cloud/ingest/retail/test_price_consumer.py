"""Price points from a broker are committed once and then acknowledged."""

import base64
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from paho.mqtt.publish import multiple
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from cloud.ingest.retail import price_consumer
from cloud.ingest.retail.commit import BatchResult
from cloud.ingest.retail.master_data import MasterDataCache
from cloud.ingest.retail.price_consumer import PriceConsumer, name_source
from cloud.ingest.retail.rules import IngestRules
from cloud.ingest.sources.kinesis import KinesisSource
from cloud.ingest.sources.kinesis_record import UNREADABLE_TOPIC
from cloud.ingest.sources.memory import MemorySource
from cloud.ingest.sources.message_source import MessageSource
from cloud.ingest.sources.mqtt import MqttSource, parse_broker_url
from simulators.servers.mosquitto import Mosquitto
from tests.cloud.databases import new_engine
from tests.cloud.ingest.retail.price_messages import (
    NOW,
    message_of,
    read_errors,
    read_points,
    store_master_data,
)
from wire.topics import RETAIL_FILTER

TOPIC = "onlooker/v1/retail/till-7/price-points"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = new_engine(tmp_path)
    store_master_data(engine)
    yield engine
    engine.dispose()


def _consumer(source: MessageSource, engine: Engine, **more: Any) -> PriceConsumer:
    known = MasterDataCache(engine, IngestRules(), lambda: NOW)
    return PriceConsumer(source, engine, known, clock=lambda: NOW, **more)


def _point(n: int, **changes: Any) -> bytes:
    return message_of(event_id=f"e{n}", observed_at=f"2026-03-09T{n:02}:00:00Z", **changes)


def _array(*points: bytes) -> bytes:
    return b"[" + b",".join(points) + b"]"


def test_a_message_is_one_point_or_several(engine: Engine) -> None:
    source = MemorySource([(TOPIC, _point(0)), (TOPIC, _array(_point(1), _point(2, units=-1)))])
    result = _consumer(source, engine).step()
    assert result is not None
    assert (result.committed, len(result.errors)) == (2, 1)
    assert {row.source for row in read_points(engine)} == {"till-7"}
    assert [row.position for row in read_errors(engine)] == [f"{TOPIC}[1]"]


def test_a_message_that_arrives_again_changes_nothing(engine: Engine) -> None:
    source = MemorySource([(TOPIC, _point(0))])
    consumer = _consumer(source, engine)
    consumer.step()
    source.reopen()
    assert consumer.step() is None, "it was acknowledged"
    source.put(TOPIC, _array(_point(0), _point(1)))
    result = consumer.step()
    assert result is not None
    assert (result.committed, result.duplicates) == (1, 1)


@pytest.mark.parametrize(
    "payload", [b"", b"\xff", b"[", b"[1, 2", b"null", b"[" * 2_000, _array(*[b"{}"] * 5_001)]
)
def test_a_message_that_cannot_be_read_is_queued(engine: Engine, payload: bytes) -> None:
    source = MemorySource([(TOPIC, payload), (TOPIC, _point(0))])
    result = _consumer(source, engine).step()
    assert result is not None
    assert (result.committed, len(result.errors)) == (1, 1)


def test_an_unavailable_database_leaves_the_messages_to_the_broker(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopping = threading.Event()

    def fail(*_: Any) -> BatchResult:
        stopping.set()
        raise OperationalError("INSERT", {}, Exception("database is locked"))

    source = MemorySource([(TOPIC, _point(0))])
    with monkeypatch.context() as patch:
        patch.setattr(price_consumer, "commit_points", fail)
        patch.setattr(price_consumer, "is_passing", lambda _: True)
        assert _consumer(source, engine, stopping=stopping).step() is None
    source.reopen()
    result = _consumer(source, engine).step()
    assert result is not None
    assert result.committed == 1


def test_a_point_that_the_database_refuses_is_queued_by_itself(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = price_consumer.commit_points

    def refuse(connection: Any, batch: Any, context: Any) -> BatchResult:
        if any(getattr(point.read, "event_id", "") == "e1" for point in batch.points):
            raise OverflowError
        return really(connection, batch, context)

    monkeypatch.setattr(price_consumer, "commit_points", refuse)
    source = MemorySource([(TOPIC, _array(*map(_point, range(3))))])
    result = _consumer(source, engine).step()
    assert result is not None
    assert (result.committed, len(result.errors)) == (2, 1)
    assert "OverflowError" in read_errors(engine)[0].found


@pytest.mark.parametrize(
    ("topic", "source"),
    [(TOPIC, "till-7"), (UNREADABLE_TOPIC, "kinesis"), ("other/topic", "other/topic"),
     ("x" * 100, "x" * 63)],
)  # fmt: skip
def test_the_topic_names_the_sender(topic: str, source: str) -> None:
    assert name_source(topic) == source


@pytest.mark.broker
def test_points_arrive_over_mqtt(engine: Engine, tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path / "mosquitto")
    broker.start()
    source = MqttSource(parse_broker_url(broker.url, topics=(RETAIL_FILTER,)))
    consumer = _consumer(source, engine)
    consumer.step()  # the subscription is in force
    host, port = broker.url.removeprefix("mqtt://").split(":")
    messages = [(TOPIC, _point(n), 1, False) for n in range(3)]
    multiple(messages, hostname=host, port=int(port))
    found = 0
    while found < 3:
        result = consumer.step()
        found += result.committed if result else 0
    assert [row.source for row in read_points(engine)] == ["till-7"] * 3
    consumer.finish()
    broker.stop()


def test_points_arrive_over_kinesis(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-2")
    with mock_aws():
        kinesis = boto3.client("kinesis")
        kinesis.create_stream(StreamName="prices", ShardCount=1)
        by_rule = {"topic": TOPIC, "payload": base64.b64encode(_point(0)).decode()}
        for data in (json.dumps(by_rule).encode(), _point(1)):
            kinesis.put_record(StreamName="prices", Data=data, PartitionKey="till-7")
        for _ in range(2):  # the second begins after the stored position
            source = KinesisSource("prices", engine, kinesis=kinesis, iot_data=None)
            _consumer(source, engine).step()
    assert [row.source for row in read_points(engine)] == ["kinesis", "till-7"]
