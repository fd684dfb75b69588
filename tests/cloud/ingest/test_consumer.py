"""One step of the consumer in memory: exact totals, reasons of dead letters, a limit."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from cloud.database import dead_letters, minute_tallies, reading, reports
from cloud.ingest.consumer import Consumer
from cloud.ingest.sources.memory import MemorySource
from wire import envelope
from wire.ack import Ack
from wire.audience import AudienceReport
from wire.envelope import AckEvent, audience_event, encode_event, join_events

NOW = datetime(2026, 11, 20, 9, 1, tzinfo=UTC)
TOPIC = "onlooker/v1/KX-01/kx-01-cam-1/audience"
ACKS = "onlooker/v1/KX-01/kx-01-cam-1/ack"

Reports = Callable[..., AudienceReport]


@pytest.fixture
def source() -> MemorySource:
    return MemorySource()


@pytest.fixture
def consumer(source: MemorySource, engine: Engine) -> Consumer:
    return Consumer(
        source, engine, is_listed=lambda location, device: device != "ghost", clock=lambda: NOW
    )


def sealed(report: AudienceReport) -> bytes:
    return encode_event(audience_event(report))


def sent_acks(source: MemorySource) -> list[Ack]:
    events = [event for _, payload in source.sent for event in envelope.decode_events(payload)]
    return [event.data for event in events if isinstance(event, AckEvent)]


def visits(engine: Engine) -> int:
    with reading(engine) as connection:
        return sum(connection.execute(select(minute_tallies.c.visits)).scalars())


def rejected_counts(engine: Engine) -> list[tuple[str, int]]:
    wanted = select(dead_letters.c.kind, dead_letters.c.times).order_by(dead_letters.c.kind)
    with reading(engine) as connection:
        return [(row.kind, row.times) for row in connection.execute(wanted)]


def test_a_report_is_counted_stored_and_acknowledged(
    source: MemorySource, consumer: Consumer, engine: Engine, report: Reports
) -> None:
    source.put(TOPIC, sealed(report(1, visits=3)))
    consumer.step()
    assert visits(engine) == 3
    assert [topic for topic, _ in source.sent] == [ACKS]
    assert [(ack.journal, ack.through) for ack in sent_acks(source)] == [("00000000000000a1", 1)]
    with reading(engine) as connection:
        (body,) = connection.execute(select(reports.c.body)).scalars()
    assert json.loads(body)["visits"] == 3


def test_a_batch_twice_counts_once_and_is_acknowledged_twice(
    source: MemorySource, consumer: Consumer, engine: Engine, report: Reports
) -> None:
    batch = join_events([sealed(report(n)) for n in (1, 2, 3)])
    for _ in range(2):
        source.put(TOPIC, batch)
        consumer.step()
    assert visits(engine) == 6
    assert [ack.through for ack in sent_acks(source)] == [3, 3]


def test_a_gap_holds_the_acknowledgement_back_but_not_the_count(
    source: MemorySource, consumer: Consumer, engine: Engine, report: Reports
) -> None:
    for sequence in (2, 4, 1, 3):
        source.put(TOPIC, sealed(report(sequence)))
        consumer.step()
    assert visits(engine) == 8
    assert [ack.through for ack in sent_acks(source)] == [2, 4]


def test_a_merged_report_counts_for_all_its_sequences(
    source: MemorySource, consumer: Consumer, engine: Engine, report: Reports
) -> None:
    source.put(TOPIC, sealed(report(1, 7, visits=5)))
    source.put(TOPIC, sealed(report(3, visits=5)))
    consumer.step()
    assert visits(engine) == 5
    assert [ack.through for ack in sent_acks(source)] == [7]


def test_a_report_that_overlaps_counted_ones_is_a_dead_letter(
    source: MemorySource, consumer: Consumer, engine: Engine, report: Reports
) -> None:
    source.put(TOPIC, sealed(report(1, 3, visits=5)))
    source.put(TOPIC, sealed(report(3, 4, visits=5)))
    consumer.step()
    assert visits(engine) == 5
    assert rejected_counts(engine) == [("overlap", 1)]
    assert [ack.through for ack in sent_acks(source)] == [4]


def test_invalid_messages_are_dead_letters_by_kind_and_affect_no_other(
    source: MemorySource, consumer: Consumer, engine: Engine, report: Reports
) -> None:
    good = sealed(report(1))
    negative = good.replace(b'"observed_ms":9000', b'"observed_ms":-9000')
    wrong_type = good.replace(b'"visits":2', b'"visits":"two"')
    for payload in (
        good[: len(good) // 2],
        b"\xff\xfe",
        b"",
        b"[" * 100_000,
        negative.replace(b'"first":1,"last":1', b'"first":2,"last":2'),
        wrong_type.replace(b'"first":1,"last":1', b'"first":3,"last":3'),
        b"x" * 10_000_000,
        sealed(report(4, starts_at=NOW + timedelta(minutes=6))),
        sealed(report(5, starts_at=datetime(1970, 1, 1, tzinfo=UTC))),
        sealed(report(6, device="kx-01-cam-2")),
        sealed(report(7, person_ms=2**50)),
        good,
        join_events([good, b'{"half":', sealed(report(8))]),
        join_events([good, b'{"half":1}', sealed(report(8))]),
    ):
        source.put(TOPIC, payload)
    source.put("onlooker/v1/KX-01/kx-01-cam-1/wrong", good)
    source.put("onlooker/v1/KX-01/kx-01-cam-1/heartbeat", good)
    source.put("onlooker/v1/KX-01/ghost/audience", sealed(report(1, device="ghost")))
    consumer.step()
    assert visits(engine) == 4  # reports 1 and 8
    assert rejected_counts(engine) == [
        ("address", 1),
        ("ancient", 1),
        ("future", 1),
        ("implausible", 1),
        ("oversize", 1),
        ("topic", 1),
        ("topic", 1),
        ("unknown", 1),
        *[("unreadable", 1)] * 8,
    ]
    # what could not be read, 2 and 3, is never acknowledged: the camera keeps it
    assert [(ack.device, ack.through) for ack in sent_acks(source)] == [("kx-01-cam-1", 1)]


def test_an_unknown_camera_is_not_acknowledged_and_fills_no_disk(
    source: MemorySource, consumer: Consumer, engine: Engine, report: Reports
) -> None:
    for sequence in range(1, 20):
        payload = sealed(report(sequence, device="ghost"))
        source.put("onlooker/v1/KX-01/ghost/audience", payload)
        consumer.step()
    assert sent_acks(source) == []
    assert rejected_counts(engine) == [("unknown", 19)]


def test_a_camera_that_the_sites_file_does_not_list_is_named_once_an_hour(
    source: MemorySource, engine: Engine, report: Reports, caplog: pytest.LogCaptureFixture
) -> None:
    clock = [NOW]
    consumer = Consumer(source, engine, is_listed=lambda *_: False, clock=lambda: clock[0])
    for minutes in (0, 30, 61):
        clock[0] = NOW + timedelta(minutes=minutes)
        source.put(TOPIC, sealed(report(1)))
        consumer.step()
    sent_acks = [one for one in caplog.records if one.getMessage() == "camera.unlisted"]
    assert [vars(one)["device"] for one in sent_acks] == ["kx-01-cam-1"] * 2
    assert "sites file lists no camera" in vars(sent_acks[0])["reason"]


def test_a_camera_that_is_added_to_the_sites_file_later_loses_nothing(
    source: MemorySource, engine: Engine, report: Reports
) -> None:
    known: set[str] = set()
    consumer = Consumer(
        source, engine, is_listed=lambda _, device: device in known, clock=lambda: NOW
    )
    for _ in range(2):
        source.put(TOPIC, sealed(report(1)))
        consumer.step()
        known.add("kx-01-cam-1")
    assert visits(engine) == 2
    assert [ack.through for ack in sent_acks(source)] == [1]


def test_the_same_invalid_message_again_is_one_dead_letter(
    source: MemorySource, engine: Engine
) -> None:
    consumer = Consumer(source, engine, is_listed=lambda *_: True, clock=lambda: NOW)
    for _ in range(5):
        source.put(TOPIC, b"rubbish")
        consumer.step()
    assert rejected_counts(engine) == [("unreadable", 5)]


def test_what_was_not_committed_comes_again(
    source: MemorySource, consumer: Consumer, engine: Engine, report: Reports
) -> None:
    source.put(TOPIC, sealed(report(1)))
    assert source.receive(consumer._limits)  # a consumer that dies here
    source.reopen()
    consumer.step()
    source.reopen()
    assert consumer.step() is None
    assert visits(engine) == 2
