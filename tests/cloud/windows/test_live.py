"""Whoever follows the reports hears of each once, in whatever order they are committed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine

from cloud.alerting.lifecycle import settle
from cloud.database import reading, reports, writing
from cloud.database.rollups import counting
from cloud.windows.anomalies import Kind, Measure
from cloud.windows.live import AlertTrail, Trail
from tests.cloud.alerting.conftest import AT_ONCE

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
NOON_S = int(NOON.timestamp())


def keep(connection: Connection, sequence: int, location: str, minutes: int) -> int:
    values: dict[str, Any] = {
        "device": "d", "journal": "j", "first_sequence": sequence, "last_sequence": sequence,
        "location": location, "starts_at": NOON + timedelta(minutes=minutes), "received_at": NOON,
        "body": "{}",
    }  # fmt: skip
    counting(connection)
    number: int = connection.execute(
        reports.insert().values(**values).returning(reports.c.id)
    ).scalar_one()
    return number


def told(engine: Engine, trail: Trail) -> list[tuple[str, int]]:
    with reading(engine) as connection:
        return [(one.key[0], (one.key[1] - NOON_S) // 60) for one in trail.look(connection)]


@pytest.fixture
def follow(engine: Engine) -> Callable[[], Trail]:
    def follow() -> Trail:
        with reading(engine) as connection:
            return Trail(connection)

    return follow


def test_each_report_is_told_once_with_the_window_that_it_changed(
    engine: Engine, follow: Callable[[], Trail]
) -> None:
    trail = follow()
    for sequence, (place, minutes) in enumerate((("A", 0), ("A", 4), ("B", 5), ("A", -1_441))):
        with writing(engine) as connection:
            keep(connection, sequence, place, minutes)
    assert told(engine, trail) == [("A", 0), ("A", 0), ("B", 5), ("A", -1_445)]
    assert told(engine, trail) == []
    with writing(engine) as connection:
        keep(connection, 9, "C", 0)
    assert told(engine, trail) == [("C", 0)]
    assert told(engine, trail) == []
    assert trail.through == 5


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_lower_number_that_is_committed_later_is_not_missed(
    engine: Engine, follow: Callable[[], Trail]
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
        assert [told(engine, trail), told(engine, trail)] == [[("B", 0)], []]
        assert trail.through < first
    assert [told(engine, trail), told(engine, trail)] == [[("A", 0)], []]
    assert trail.through == second


def test_what_was_rolled_back_holds_up_nothing(engine: Engine, follow: Callable[[], Trail]) -> None:
    trail = follow()
    with engine.connect() as connection:
        keep(connection, 1, "A", 0)
        connection.rollback()
    with writing(engine) as connection:
        last = keep(connection, 2, "B", 0)
    assert [told(engine, trail), told(engine, trail)] == [[("B", 0)], []]
    assert trail.through == last


def test_an_alert_is_told_when_it_rises_and_when_it_clears(engine: Engine) -> None:
    def happens(*shares: float) -> list[tuple[int, bool]]:
        for share in shares:
            measure = Measure(Kind.BLIND, "A", "a", share, "so")
            with writing(engine) as connection:
                settle(connection, [measure], NOON, AT_ONCE)
        with reading(engine) as connection:
            return [(row.id, row.cleared_at is None) for row in trail.look(connection)]

    with reading(engine) as connection:
        trail = AlertTrail(connection)
    assert happens(0.9) == [(1, True)]
    assert happens(0.8) == []
    assert happens(0.0) == [(1, False)]
    assert happens(0.9, 0.0) == [(2, False)]  # raised and cleared between two looks
    assert happens() == []
