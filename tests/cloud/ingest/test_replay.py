"""A dead letter that is replayed after a fix is counted once, however often it is replayed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, select, update

from cloud.database import dead_letters, minute_tallies, reading, writing
from cloud.ingest.consumer import Consumer
from cloud.ingest.replay import list_unreplayed, replay_dead_letter
from cloud.ingest.sources.memory import MemorySource
from wire.audience import AudienceReport
from wire.envelope import audience_event, encode_event

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
TOPIC = "onlooker/v1/KX-01/kx-01-cam-1/audience"

Reports = Callable[..., AudienceReport]


def consume(engine: Engine, payload: bytes, *, known: bool = True, now: datetime = NOW) -> None:
    source = MemorySource([(TOPIC, payload)])
    Consumer(source, engine, is_listed=lambda *_: known, clock=lambda: now).step()


def visits(engine: Engine) -> int:
    with reading(engine) as connection:
        return sum(connection.execute(select(minute_tallies.c.visits)).scalars())


def again(engine: Engine, *, now: datetime = LATER) -> list[str]:
    with reading(engine) as connection:
        rejected = list_unreplayed(connection)
    return [
        replay_dead_letter(engine, dead_letter, is_listed=lambda *_: True, now=now, actor="me")
        for dead_letter in rejected
    ]


def test_a_report_from_the_future_counts_when_its_time_has_come(
    engine: Engine, report: Reports
) -> None:
    early = encode_event(audience_event(report(1, starts_at=NOW + timedelta(minutes=30))))
    consume(engine, early)
    assert again(engine, now=NOW)[0].startswith("refused again: ends at")
    assert again(engine) == ["counted 1 reports"]
    assert again(engine) == []
    consume(engine, early, now=LATER)
    assert visits(engine) == 2


def test_what_the_camera_sent_again_meanwhile_is_not_counted_twice(
    engine: Engine, report: Reports
) -> None:
    payload = encode_event(audience_event(report(1)))
    consume(engine, payload, known=False)
    consume(engine, payload)
    assert again(engine) == ["counted 0 reports, 1 were counted before, 0 notes"]
    assert visits(engine) == 2


def test_a_replay_comes_before_the_camera_sends_again(engine: Engine, report: Reports) -> None:
    payload = encode_event(audience_event(report(1)))
    consume(engine, payload, known=False)
    assert again(engine) == ["counted 1 reports, 0 were counted before, 0 notes"]
    consume(engine, payload)
    assert visits(engine) == 2


def test_an_unreadable_message_stays_unreadable(engine: Engine) -> None:
    consume(engine, b"rubbish")
    assert again(engine)[0].startswith("refused again: JSON is malformed")


def test_a_sample_cannot_be_replayed(engine: Engine) -> None:
    consume(engine, b"x" * 200_000)
    assert again(engine) == ["refused: only a sample of its 200000 bytes is stored"]


def test_a_dead_letter_that_holds_another_report_is_rejected(
    engine: Engine, report: Reports
) -> None:
    consume(engine, encode_event(audience_event(report(1, starts_at=NOW + timedelta(minutes=30)))))
    other = encode_event(audience_event(report(2)))
    with writing(engine) as connection:
        connection.execute(update(dead_letters).values(payload=other, payload_bytes=len(other)))
    assert again(engine)[0].startswith("refused: it contains another report")
    assert visits(engine) == 0
