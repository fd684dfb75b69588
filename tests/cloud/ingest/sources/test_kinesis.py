"""Kinesis: closed shards and lost positions."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from moto import mock_aws
from sqlalchemy import Engine

from cloud.ingest.sources.kinesis import KinesisSource
from cloud.ingest.sources.message_source import BatchLimits, SourceError
from tests.cloud.ingest.conftest import IotData, kinesis_record
from wire.audience import AudienceReport

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


def source(engine: Engine, kinesis: Any, stream: str = "audience") -> KinesisSource:
    return KinesisSource(stream, engine, kinesis=kinesis, iot_data=IotData())


def put(kinesis: Any, *payloads: bytes, key: str = "kx-01-cam-1") -> None:
    for payload in payloads:
        kinesis.put_record(StreamName="audience", Data=kinesis_record(payload), PartitionKey=key)


def received(one: KinesisSource, limits: BatchLimits = AT_ONCE) -> list[bytes]:
    return [delivery.payload for delivery in one.receive(limits)]


def test_reading_continues_after_the_last_acknowledged_record(engine: Engine, kinesis: Any) -> None:
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
