"""The change feed returns each change once, in whatever order they are committed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine

from cloud.alerting.lifecycle import apply_measures
from cloud.alerting.rules import AlertKind, Measure
from cloud.database import reading, reports, writing
from cloud.database.rollups import lock_for_counting
from cloud.windows.change_feed import AlertFollower, ReportFollower
from tests.cloud.alerting.conftest import AT_ONCE

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
NOON_S = int(NOON.timestamp())


def keep(connection: Connection, sequence: int, location: str, minutes: int) -> int:
    values: dict[str, Any] = {
        "device": "d", "stream_id": "j", "first_sequence": sequence, "last_sequence": sequence,
        "location": location, "starts_at": NOON + timedelta(minutes=minutes), "received_at": NOON,
        "body": "{}",
    }  # fmt: skip
    lock_for_counting(connection)
    number: int = connection.execute(
        reports.insert().values(**values).returning(reports.c.id)
    ).scalar_one()
    return number


def read_numbers(engine: Engine, trail: ReportFollower) -> list[tuple[str, int]]:
    with reading(engine) as connection:
        return [(one.key[0], (one.key[1] - NOON_S) // 60) for one in trail.read(connection)]


@pytest.fixture
def follow(engine: Engine) -> Callable[[], ReportFollower]:
    def follow() -> ReportFollower:
        with reading(engine) as connection:
            return ReportFollower(connection)

    return follow


def test_each_report_is_returned_once_with_the_window_that_it_changed(
    engine: Engine, follow: Callable[[], ReportFollower]
) -> None:
    trail = follow()
    for sequence, (place, minutes) in enumerate((("A", 0), ("A", 4), ("B", 5), ("A", -1_441))):
        with writing(engine) as connection:
            keep(connection, sequence, place, minutes)
    assert read_numbers(engine, trail) == [("A", 0), ("A", 0), ("B", 5), ("A", -1_445)]
    assert read_numbers(engine, trail) == []
    with writing(engine) as connection:
        keep(connection, 9, "C", 0)
    assert read_numbers(engine, trail) == [("C", 0)]
    assert read_numbers(engine, trail) == []
    assert trail.through == 5


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_lower_number_that_is_committed_later_is_not_missed(
    engine: Engine, follow: Callable[[], ReportFollower]
) -> None:
    #  slow   |--- number 1 ------------------------ commit|
    #  quick        |--- number 2 - commit|
    #  looks                                ^     ^           ^     ^
    trail = follow()
    with writing(engine) as slow:
        first = keep(slow, 1, "A", 0)
        with writing(engine) as quick:
            second = keep(quick, 2, "B", 0)
        assert first < second
        assert [read_numbers(engine, trail), read_numbers(engine, trail)] == [[("B", 0)], []]
        assert trail.through < first
    assert [read_numbers(engine, trail), read_numbers(engine, trail)] == [[("A", 0)], []]
    assert trail.through == second


def test_a_transaction_that_was_rolled_back_delays_nothing(
    engine: Engine, follow: Callable[[], ReportFollower]
) -> None:
    trail = follow()
    with engine.connect() as connection:
        keep(connection, 1, "A", 0)
        connection.rollback()
    with writing(engine) as connection:
        last = keep(connection, 2, "B", 0)
    assert [read_numbers(engine, trail), read_numbers(engine, trail)] == [[("B", 0)], []]
    assert trail.through == last


def test_an_alert_is_returned_when_it_is_raised_and_cleared(engine: Engine) -> None:
    def happens(*shares: float) -> list[tuple[int, bool]]:
        for share in shares:
            measure = Measure(AlertKind.UNOBSERVED, "A", "a", share, "so")
            with writing(engine) as connection:
                apply_measures(connection, [measure], NOON, AT_ONCE)
        with reading(engine) as connection:
            return [(row.id, row.cleared_at is None) for row in trail.read(connection)]

    with reading(engine) as connection:
        trail = AlertFollower(connection)
    assert happens(0.9) == [(1, True)]
    assert happens(0.8) == []
    assert happens(0.0) == [(1, False)]
    assert happens(0.9, 0.0) == [(2, False)]  # raised and cleared between two looks
    assert happens() == []
