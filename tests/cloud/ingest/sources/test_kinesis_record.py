"""A record of the stream is the message that the IoT rule wrote, or a dead letter."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from cloud.ingest.dead_letters import DeadLetter, DeadLetterKind, digest_of
from cloud.ingest.sources.kinesis_record import UNREADABLE_TOPIC, parse_record
from cloud.ingest.sources.message_source import Delivery
from cloud.ingest.validate import validate

TOPIC = "onlooker/v1/KX-01/kx-01-cam-1/audience"
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def record(**fields: Any) -> bytes:
    return json.dumps(fields).encode()


@pytest.mark.parametrize("payload", [b"", b"{}", bytes(range(256))])
def test_a_record_of_the_rule_is_the_message_byte_for_byte(payload: bytes) -> None:
    data = record(topic=TOPIC, payload=base64.b64encode(payload).decode())
    assert parse_record(data, "49") == Delivery(TOPIC, payload, "49")


def test_fields_that_the_rule_may_add_are_ignored() -> None:
    assert parse_record(record(topic=TOPIC, payload="", qos=1)) == Delivery(TOPIC, b"")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no record",
        b"\xff\xfe",
        b"null",
        b"[]",
        b"[" * 100_000,
        record(),
        record(topic=TOPIC),
        record(payload=""),
        record(topic=TOPIC, payload=None),
        record(topic=TOPIC, payload=5),
        record(topic=TOPIC, payload="abc"),
        record(topic=TOPIC, payload="\u00e9"),
        record(topic=None, payload=""),
        record(topic=5, payload=""),
        record(topic=[], payload=""),
        record(topic={}, payload=""),
        record(topic="\ud800", payload=""),
    ],
)
def test_any_other_record_is_a_dead_letter_that_holds_its_bytes(data: bytes) -> None:
    delivery = parse_record(data, "49")
    assert delivery == Delivery(UNREADABLE_TOPIC, data, "49")
    (result,) = validate(delivery, is_listed=lambda *_: True, now=NOW)
    assert isinstance(result, DeadLetter)
    assert (result.kind, result.payload) == (DeadLetterKind.TOPIC, data)
    assert len(digest_of(result)) == 64
