"""A number from nowhere moves no mark; an outage of weeks is believed; a loss is never silent."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from cloud.database import dead_letters, lost_sequences, minute_tallies, reading
from cloud.ingest.consumer import Consumer
from cloud.ingest.sources.memory import MemorySource
from wire import envelope
from wire.audience import AudienceReport
from wire.envelope import AckEvent, audience_event, encode_event, heartbeat_event
from wire.health import CaptureState, Heartbeat

NINE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
TOPIC = "onlooker/v1/KX-01/kx-01-cam-1"
INTERVAL = timedelta(seconds=15)
HUGE = 2**53 - 1

Reports = Callable[..., AudienceReport]


class Cloud:
    """A consumer on a clock of its own."""

    def __init__(self, engine: Engine) -> None:
        self.now = NINE
        self.engine = engine
        self.source = MemorySource()
        self.consumer = Consumer(
            self.source, engine, is_listed=lambda *_: True, clock=lambda: self.now
        )

    def take(self, *payloads: bytes, channel: str = "audience") -> int:
        """Take messages; how far the stream is acknowledged, 0 without an acknowledgement."""
        self.source.sent.clear()
        for payload in payloads:
            self.source.put(f"{TOPIC}/{channel}", payload)
        self.consumer.step()
        self.consumer._send_acks(self.now)
        acks = [
            event.data.through
            for _, payload in self.source.sent
            for event in envelope.decode_events(payload)
            if isinstance(event, AckEvent)
        ]
        return max(acks, default=0)

    @property
    def visits(self) -> int:
        with reading(self.engine) as connection:
            return sum(connection.execute(select(minute_tallies.c.visits)).scalars())

    def dead_letters(self) -> list[str]:
        with reading(self.engine) as connection:
            return sorted(connection.execute(select(dead_letters.c.kind)).scalars())

    def lost(self) -> list[tuple[int, int]]:
        with reading(self.engine) as connection:
            numbers = select(lost_sequences.c.first_sequence, lost_sequences.c.last_sequence)
            return sorted((first, last) for first, last in connection.execute(numbers))


@pytest.fixture
def cloud(engine: Engine) -> Cloud:
    return Cloud(engine)


def sealed(report: AudienceReport) -> bytes:
    return encode_event(audience_event(report))


def beat(report: AudienceReport, **more: Any) -> bytes:
    values: dict[str, Any] = {
        "location": report.location, "device": report.device, "journal": report.journal,
        "boot": "b1", "sent_at": NINE, "uptime_ms": 1, "capture": CaptureState.STREAMING,
        "frames_captured": 1, "frames_analysed": 1, "reconnects": 0, "outbox_reports": 0,
        "outbox_oldest_at": None, "next_sequence": 5, "rss_bytes": 1,
        "versions": report.versions,
    }  # fmt: skip
    return encode_event(heartbeat_event(Heartbeat(**(values | more))))


@pytest.mark.parametrize("last", [HUGE, 10**15, 10**12])
def test_an_unreadable_event_that_claims_all_numbers_takes_none_from_the_next(
    cloud: Cloud, report: Reports, last: int
) -> None:
    assert cloud.take(*(sealed(report(n)) for n in (1, 2, 3))) == 3
    torn = sealed(report(4)).replace(b'"visits":2', b'"visits":"two"')
    torn = torn.replace(b'"first":4,"last":4', b'"first":4,"last":%d' % last)
    cloud.take(torn)
    assert cloud.take(sealed(report(4)), sealed(report(5))) == 5
    assert (cloud.visits, cloud.dead_letters()) == (10, ["unreadable"])


@pytest.mark.parametrize("last", [HUGE, 10**15, 10**9])
def test_a_report_that_claims_all_numbers_takes_none_from_the_next(
    cloud: Cloud, report: Reports, last: int
) -> None:
    cloud.take(sealed(report(1)))
    for first in (2, last):
        cloud.take(sealed(report(first, last)))
    assert cloud.take(sealed(report(2))) == 2
    assert (cloud.visits, cloud.dead_letters()) == (4, ["sequence", "sequence"])


def test_an_unreadable_report_holds_its_camera_up_no_longer_than_one_turn(
    cloud: Cloud, report: Reports
) -> None:
    """The camera sends a window of what is not acknowledged, the oldest first, again and again."""
    torn = sealed(report(2)).replace(b'"visits":2', b'"visits":"two"')
    others = [sealed(report(n)) for n in (3, 4)]
    cloud.take(sealed(report(1)))
    assert cloud.take(torn, *others) == 1
    assert cloud.take(torn, *others) == 4
    assert (cloud.visits, cloud.dead_letters(), cloud.lost()) == (6, ["unreadable"], [(2, 2)])
    cloud.take(sealed(report(2)))
    assert (cloud.visits, cloud.lost()) == (8, [])


@pytest.mark.parametrize("last", [2, 3, 4, 9, HUGE])
def test_an_unreadable_report_gives_up_no_numbers_that_were_counted_or_may_come(
    cloud: Cloud, report: Reports, last: int
) -> None:
    torn = sealed(report(2)).replace(b'"visits":2', b'"visits":"two"')
    torn = torn.replace(b'"first":2,"last":2', b'"first":2,"last":%d' % last)
    cloud.take(sealed(report(1)), sealed(report(4)))
    for _ in range(3):
        cloud.take(torn, sealed(report(4)))
    cloud.take(*(sealed(report(n)) for n in (2, 3, 5)))
    assert (cloud.visits, cloud.lost()) == (10, [])


@pytest.mark.parametrize("oldest", [HUGE, 10**12, 10**9])
def test_a_heartbeat_that_has_forgotten_all_numbers_closes_no_gap(
    cloud: Cloud, report: Reports, oldest: int
) -> None:
    cloud.take(sealed(report(1)))
    some = report(1)
    cloud.take(beat(some, oldest_sequence=oldest, next_sequence=oldest), channel="heartbeat")
    assert cloud.take(sealed(report(2))) == 2
    assert (cloud.visits, cloud.dead_letters(), cloud.lost()) == (4, ["sequence"], [])


@pytest.mark.parametrize("weeks", [1, 3, 26])
def test_numbers_that_advanced_during_an_outage_of_weeks_are_believed(
    cloud: Cloud, report: Reports, weeks: int
) -> None:
    """At 15 s a camera produces 120,000 reports in three weeks; the first to arrive is the last."""
    cloud.take(sealed(report(1)))
    outage = timedelta(weeks=weeks)
    cloud.now += outage
    number = 1 + outage // INTERVAL
    cloud.take(sealed(report(number, starts_at=NINE + outage - INTERVAL)))
    assert (cloud.visits, cloud.dead_letters()) == (4, [])


def test_a_backlog_of_weeks_is_believed_when_its_messages_overtake_each_other(
    cloud: Cloud, report: Reports
) -> None:
    weeks = timedelta(weeks=3)
    cloud.now += weeks
    cloud.take(sealed(report(1)))
    number = weeks // INTERVAL
    cloud.take(sealed(report(number, starts_at=NINE + weeks - INTERVAL)))
    assert (cloud.visits, cloud.dead_letters()) == (4, [])


def test_a_stream_that_a_lost_database_has_not_met_may_begin_high(
    cloud: Cloud, report: Reports
) -> None:
    cloud.take(sealed(report(3_000_000)))
    assert (cloud.visits, cloud.dead_letters()) == (2, [])
