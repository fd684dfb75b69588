"""Any order, duplication and batching of the same reports has one result."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, Table, event, select
from sqlalchemy.exc import ProgrammingError

from cloud.database import (
    dead_letters,
    hour_tallies,
    location_updates,
    lost_sequences,
    minute_demographics,
    minute_sensors,
    minute_tallies,
    reading,
    report_streams,
    reports,
    venue_demographics,
    venue_hours,
    writing,
)
from cloud.ingest.commit import commit
from cloud.ingest.consumer import Consumer
from cloud.ingest.sources.memory import MemorySource
from cloud.ingest.sources.message_source import Delivery
from cloud.ingest.validate import validate
from wire.audience import AgeGroup, AudienceReport, BlindCause, DemographicCell, Gender, SensorSum
from wire.envelope import audience_event, encode_event, join_events

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
NINE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
NO_THREES = {
    "sqlite": "CREATE TRIGGER no_threes BEFORE INSERT ON reports WHEN new.first_sequence = 3 "
    "BEGIN SELECT RAISE(ABORT, 'no_threes'); END",
    "postgresql": "ALTER TABLE reports ADD CONSTRAINT no_threes CHECK (first_sequence <> 3)",
}
TABLES = (minute_tallies, hour_tallies, minute_demographics, minute_sensors)
WRITTEN = (
    *TABLES, report_streams, reports, lost_sequences, dead_letters, location_updates,
    venue_hours, venue_demographics,
)  # fmt: skip

Reports = Callable[..., AudienceReport]


def content(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """All that has to be the same: tallies, and what is settled."""
    with reading(engine) as connection:
        held = {
            table.name: sorted(map(tuple, connection.execute(select(table)))) for table in TABLES
        }
        standing = select(
            report_streams.c.device, report_streams.c.stream_id, report_streams.c.through
        )
        held["journals"] = sorted(map(tuple, connection.execute(standing)))
        held["kept"] = sorted(connection.execute(select(reports.c.body)).scalars().all())
        return held


def emptied(engine: Engine) -> None:
    with writing(engine) as connection:
        for table in WRITTEN:
            connection.execute(table.delete())


@given(
    draw=st.randoms(use_true_random=False),
    visits=st.lists(st.integers(0, 5), min_size=1, max_size=12),
)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_order_duplication_and_batching_change_nothing(
    engine: Engine, report: Reports, draw: random.Random, visits: list[int]
) -> None:
    cell = DemographicCell(age=AgeGroup.FROM_25, gender=Gender.UNKNOWN, visits=0, onlookers=0)
    made = [
        report(
            number,
            device=device,
            visits=count,
            starts_at=NINE + timedelta(seconds=10 * number),
            peak=count * 7 % 11,
            blind_ms={BlindCause.DARK: 10 * number},
            demographics=(cell,),
            sensors={"lux": SensorSum(samples=1, total_milli=number, least_milli=number,
                                      most_milli=number)},
        )
        for device in ("kx-01-cam-1", "kx-01-sim")
        for number, count in enumerate(visits, start=1)
    ]  # fmt: skip

    def findings(some: list[AudienceReport]) -> list[Any]:
        return [
            finding
            for one in some
            for finding in validate(
                Delivery(
                    f"onlooker/v1/KX-01/{one.device}/audience", encode_event(audience_event(one))
                ),
                is_listed=lambda *_: True,
                now=NOW,
            )
        ]

    emptied(engine)
    commit(engine, findings(made), NOW)
    wanted = content(engine)

    emptied(engine)
    shuffled = made + [one for one in made if draw.random() < 0.5]
    draw.shuffle(shuffled)
    while shuffled:
        size = draw.randint(1, len(shuffled))
        commit(engine, findings(shuffled[:size]), NOW)
        del shuffled[:size]
    assert content(engine) == wanted


def test_a_transaction_that_fails_leaves_nothing_behind(engine: Engine, report: Reports) -> None:
    delivery = Delivery(
        "onlooker/v1/KX-01/kx-01-cam-1/audience", encode_event(audience_event(report(1)))
    )
    findings = list(validate(delivery, is_listed=lambda *_: True, now=NOW))
    before = content(engine)

    def fail(*_: Any) -> None:
        raise KeyboardInterrupt

    event.listen(engine, "commit", fail)
    with pytest.raises(KeyboardInterrupt):
        commit(engine, findings, NOW)
    event.remove(engine, "commit", fail)
    assert content(engine) == before
    commit(engine, findings, NOW)
    assert len(content(engine)["kept"]) == 1


def test_only_the_report_that_the_database_rejects_is_a_dead_letter(
    engine: Engine, report: Reports
) -> None:
    source = MemorySource()
    consumer = Consumer(source, engine, is_listed=lambda *_: True, clock=lambda: NOW)
    with writing(engine) as connection:
        connection.exec_driver_sql(NO_THREES[connection.dialect.name])
    batch = join_events([encode_event(audience_event(report(number))) for number in range(1, 8)])
    source.put("onlooker/v1/KX-01/kx-01-cam-1/audience", batch)
    outcome = consumer.step()
    assert outcome is not None
    assert [sound.identity.first for sound in outcome.counted] == [1, 2, 4, 5, 6, 7]
    (dead_letter,) = outcome.dead_letters
    assert (dead_letter.kind, dead_letter.identity.first if dead_letter.identity else 0) == (
        "unstorable",
        3,
    )
    assert "no_threes" in dead_letter.reason
    assert max(ack.through for _, ack in outcome.acks) == 7


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_fault_of_ours_is_not_blamed_on_the_messages(engine: Engine, report: Reports) -> None:
    source = MemorySource()
    consumer = Consumer(source, engine, is_listed=lambda *_: True, clock=lambda: NOW)
    with writing(engine) as connection:
        connection.exec_driver_sql("ALTER TABLE minute_tallies DROP COLUMN looking_ms")
    source.put("onlooker/v1/KX-01/kx-01-cam-1/audience", encode_event(audience_event(report(1))))
    with pytest.raises(ProgrammingError):
        consumer.step()
    assert content_of(engine, dead_letters) == content_of(engine, report_streams) == []
    assert source.sent == []


def content_of(engine: Engine, table: Table) -> list[Any]:
    with reading(engine) as connection:
        return list(connection.execute(select(table)))
