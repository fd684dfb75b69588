"""A report with acknowledged numbers is repeated, reused or recorded as lost."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from cloud.database import dead_letters, lost_sequences, minute_tallies, reading
from cloud.ingest.consumer import Consumer
from cloud.ingest.replay import list_unreplayed, replay_dead_letter
from cloud.ingest.sources.memory import MemorySource
from wire import envelope
from wire.audience import AudienceReport
from wire.envelope import AckEvent, audience_event, encode_event, heartbeat_event, join_events
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


def test_a_report_that_was_given_up_as_lost_and_comes_is_counted_and_leaves_the_list(
    cloud: Cloud, report: Reports
) -> None:
    cloud.take(sealed(report(1)))
    cloud.take(beat(report(1), oldest_sequence=6, next_sequence=6), channel="heartbeat")
    assert cloud.lost() == [(2, 5)]
    cloud.take(sealed(report(3)))
    assert (cloud.visits, cloud.lost()) == (4, [(2, 2), (4, 5)])
    cloud.take(sealed(report(3)))
    assert (cloud.visits, cloud.dead_letters()) == (4, [])


def test_a_number_used_again_for_another_report_is_listed_and_the_report_can_be_counted(
    cloud: Cloud, report: Reports
) -> None:
    """An outbox put back from an older copy: 50 numbers are used a second time."""
    first = [sealed(report(n, starts_at=NINE + n * INTERVAL)) for n in range(1, 51)]
    cloud.now = NINE + timedelta(hours=1)
    cloud.take(join_events(first))
    assert cloud.visits == 100
    later = NINE + timedelta(hours=2)
    cloud.now = later + timedelta(hours=1)
    again = [sealed(report(n, starts_at=later + n * INTERVAL, visits=1)) for n in range(1, 51)]
    assert cloud.take(join_events(again)) == 50
    assert (cloud.visits, cloud.dead_letters()) == (100, ["sequence_reused"] * 50)
    cloud.take(join_events(again))
    assert cloud.dead_letters() == ["sequence_reused"] * 50
    with reading(cloud.engine) as connection:
        numbers = list_unreplayed(connection)
    for _ in range(2):
        for number in numbers:
            replay_dead_letter(cloud.engine, number, is_listed=lambda *_: True, now=cloud.now)
    assert cloud.visits == 150


def test_the_same_report_again_is_no_letter_even_in_one_batch(
    cloud: Cloud, report: Reports
) -> None:
    same = sealed(report(1))
    cloud.take(same, same)
    cloud.take(same)
    assert (cloud.visits, cloud.dead_letters()) == (2, [])


def test_one_batch_may_hold_two_reports_of_one_number(cloud: Cloud, report: Reports) -> None:
    cloud.take(sealed(report(1)), sealed(report(1, visits=4)))
    assert (cloud.visits, cloud.dead_letters()) == (2, ["sequence_reused"])


def test_reports_that_were_merged_after_they_were_counted_are_the_same(
    cloud: Cloud, report: Reports
) -> None:
    cloud.now = NINE + timedelta(hours=1)
    cloud.take(*(sealed(report(n, starts_at=NINE + n * INTERVAL)) for n in range(1, 5)))
    whole = report(1, 4, starts_at=NINE + INTERVAL, ends_at=NINE + 5 * INTERVAL, visits=8)
    cloud.take(sealed(whole))
    assert (cloud.visits, cloud.dead_letters()) == (8, [])


def test_a_report_that_comes_again_after_its_copy_was_swept_is_a_duplicate(
    cloud: Cloud, report: Reports
) -> None:
    from cloud.ingest.retention import RetentionPeriods, apply_retention

    cloud.take(sealed(report(1)))
    cloud.now += timedelta(days=40)
    cloud.take(sealed(report(2, starts_at=cloud.now - INTERVAL)))
    apply_retention(cloud.engine, RetentionPeriods(), cloud.now)
    cloud.take(sealed(report(1)))
    assert (cloud.visits, cloud.dead_letters()) == (4, [])
