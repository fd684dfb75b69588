"""An invocation commits its records, or names the first that must be delivered again."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, select

from cloud.database import dead_letters, minute_tallies, reading, writing
from cloud.ingest.kinesis_lambda import RecordsSource, ingest
from cloud.ingest.sources.message_source import BatchLimits
from tests.cloud.databases import SQLITE_ONLY
from tests.cloud.ingest.conftest import IotData, kinesis_record
from wire.audience import AudienceReport
from wire.envelope import audience_event, encode_event

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

Reports = Callable[..., AudienceReport]


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


def test_an_invocation_counts_rejects_and_acknowledges(engine: Engine, report: Reports) -> None:
    iot_data = IotData()
    good = [kinesis_record(encode_event(audience_event(report(number)))) for number in (1, 2)]
    happened = event(*good, good[0], b"no record of ours", kinesis_record(b"rubbish"))
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
def test_an_invocation_without_its_database_returns_every_record(
    engine: Engine, report: Reports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cloud.database.engine.BUSY_TIMEOUT_MS", 1)
    engine.dispose()  # new connections wait one millisecond
    happened = event(kinesis_record(encode_event(audience_event(report(1)))))
    with writing(engine):
        answer = ingest(
            happened, engine, is_listed=lambda *_: True, iot_data=IotData(), clock=lambda: NOW
        )
    assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    assert visits(engine) == 0


def test_records_are_received_in_their_order_up_to_the_limit() -> None:
    records = event(*(kinesis_record(b"%d" % number) for number in range(3)))["Records"]
    source = RecordsSource(records, IotData())
    two = source.receive(BatchLimits(messages=2))
    assert [one.payload for one in two] == [b"0", b"1"]
    assert [one.payload for one in source.receive(BatchLimits())] == [b"2"]
    assert source.receive(BatchLimits()) == []


def test_unacknowledged_records_are_listed_in_their_order() -> None:
    source = RecordsSource(event(b"a", b"b", b"c")["Records"], IotData())
    a, b, c = source.receive(BatchLimits())
    source.acknowledge([b])
    assert list(source.unacknowledged) == ["1", "3"]
    source.acknowledge([a, c])
    assert list(source.unacknowledged) == []


def test_messages_to_devices_go_through_iot_core() -> None:
    iot_data = IotData()
    RecordsSource([], iot_data).send("onlooker/v1/KX-01/kx-01-cam-1/ack", b"{}")
    assert iot_data.topics == ["onlooker/v1/KX-01/kx-01-cam-1/ack"]


@SQLITE_ONLY
def test_an_invocation_without_records_does_nothing(engine: Engine) -> None:
    answer = ingest(
        {"Records": []}, engine, is_listed=lambda *_: True, iot_data=IotData(), clock=lambda: NOW
    )
    assert answer == {"batchItemFailures": []}


@SQLITE_ONLY
def test_a_record_with_a_topic_of_another_type_does_not_block_the_shard(
    engine: Engine, report: Reports
) -> None:
    good = kinesis_record(encode_event(audience_event(report(1))))
    happened = event(b'{"topic": [], "payload": ""}', b'{"topic": "\\ud800", "payload": ""}', good)
    answer = ingest(
        happened, engine, is_listed=lambda *_: True, iot_data=IotData(), clock=lambda: NOW
    )
    assert (answer, visits(engine)) == ({"batchItemFailures": []}, 2)
