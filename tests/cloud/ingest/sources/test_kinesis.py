"""Kinesis: closed shards, lost positions, partly processed invocations."""

import base64
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from moto import mock_aws
from sqlalchemy import Engine, select

from cloud.database import dead_letters, minute_tallies, reading, writing
from cloud.ingest.kinesis_lambda import ingest
from cloud.ingest.sources.kinesis import KinesisSource
from cloud.ingest.sources.message_source import BatchLimits, SourceError
from tests.cloud.databases import SQLITE_ONLY
from wire.audience import AudienceReport
from wire.envelope import audience_event, encode_event

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TOPIC = "onlooker/v1/KX-01/kx-01-cam-1/audience"
AT_ONCE = BatchLimits(idle_s=0.0)

Reports = Callable[..., AudienceReport]

pytestmark = pytest.mark.filterwarnings("ignore:.*utcnow:DeprecationWarning")


@pytest.fixture
def kinesis(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-2")
    with mock_aws():
        client = boto3.client("kinesis")
        client.create_stream(StreamName="audience", ShardCount=2)
        yield client


class IotData:
    """Hears what is published to the devices."""

    def __init__(self) -> None:
        self.topics: list[str] = []

    def publish(self, *, topic: str, qos: int, payload: bytes) -> None:
        self.topics.append(topic)


def recorded(payload: bytes) -> bytes:
    return json.dumps({"topic": TOPIC, "payload": base64.b64encode(payload).decode()}).encode()


def source(engine: Engine, kinesis: Any, stream: str = "audience") -> KinesisSource:
    return KinesisSource(stream, engine, kinesis=kinesis, iot_data=IotData())


def put(kinesis: Any, *payloads: bytes, key: str = "kx-01-cam-1") -> None:
    for payload in payloads:
        kinesis.put_record(StreamName="audience", Data=recorded(payload), PartitionKey=key)


def received(one: KinesisSource, limits: BatchLimits = AT_ONCE) -> list[bytes]:
    return [delivery.payload for delivery in one.receive(limits)]


def test_reading_goes_on_where_it_was_settled(engine: Engine, kinesis: Any) -> None:
    put(kinesis, b"one", b"two", b"three")
    first = source(engine, kinesis)
    deliveries = first.receive(AT_ONCE)
    first.acknowledge(deliveries[:2])
    assert received(source(engine, kinesis)) == [b"three"]


def test_a_portion_is_never_larger_than_asked(engine: Engine, kinesis: Any) -> None:
    for key in "abcdefgh":
        put(kinesis, b"x", key=key)
    one = source(engine, kinesis)
    sizes = [len(received(one, BatchLimits(messages=3, idle_s=0.0))) for _ in range(6)]
    assert (sum(sizes), max(sizes)) == (8, 3)


def test_the_children_of_a_split_shard_are_read(engine: Engine, kinesis: Any) -> None:
    one = source(engine, kinesis)
    put(kinesis, b"before")
    assert received(one) == [b"before"]
    shard = kinesis.describe_stream(StreamName="audience")["StreamDescription"]["Shards"][0]
    middle = int(shard["HashKeyRange"]["EndingHashKey"]) // 2
    kinesis.split_shard(
        StreamName="audience", ShardToSplit=shard["ShardId"], NewStartingHashKey=str(middle)
    )
    put(kinesis, *(b"%d" % number for number in range(8)))
    seen = [payload for _ in range(6) for payload in received(one)]
    assert sorted(seen) == [b"%d" % number for number in range(8)]


def test_a_stream_that_does_not_exist_is_refused(engine: Engine, kinesis: Any) -> None:
    with pytest.raises(SourceError, match="no Kinesis stream 'nowhere'"):
        source(engine, kinesis, "nowhere").receive(AT_ONCE)


def event(*payloads: bytes) -> dict[str, Any]:
    return {
        "Records": [
            {"kinesis": {"sequenceNumber": str(number), "data": base64.b64encode(data).decode()}}
            for number, data in enumerate(payloads, start=1)
        ]
    }


def visits(engine: Engine) -> int:
    with reading(engine) as connection:
        return sum(connection.execute(select(minute_tallies.c.visits)).scalars())


def test_an_invocation_counts_sets_aside_and_acknowledges(engine: Engine, report: Reports) -> None:
    iot_data = IotData()
    good = [recorded(encode_event(audience_event(report(number)))) for number in (1, 2)]
    happened = event(*good, good[0], b"no record of ours", recorded(b"rubbish"))
    answer = ingest(
        happened, engine, is_listed=lambda *_: True, iot_data=iot_data, clock=lambda: NOW
    )
    assert answer == {"batchItemFailures": []}
    assert visits(engine) == 4
    assert iot_data.topics == ["onlooker/v1/KX-01/kx-01-cam-1/ack"]
    with reading(engine) as connection:
        kinds = sorted(connection.execute(select(dead_letters.c.kind)).scalars())
    assert kinds == ["topic", "unreadable"]


@SQLITE_ONLY
def test_an_invocation_without_its_database_gives_everything_back(
    engine: Engine, report: Reports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cloud.database.engine.BUSY_TIMEOUT_MS", 1)
    engine.dispose()  # new connections wait one millisecond
    happened = event(recorded(encode_event(audience_event(report(1)))))
    with writing(engine):
        answer = ingest(
            happened, engine, is_listed=lambda *_: True, iot_data=IotData(), clock=lambda: NOW
        )
    assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    assert visits(engine) == 0
