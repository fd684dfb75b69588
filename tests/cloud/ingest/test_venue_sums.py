"""Hour sums of each venue type, in the lane of the writer."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Table, insert, select

from cloud.database import location_venues, venue_demographics, venue_hours
from cloud.database.rollups import UNKNOWN
from cloud.ingest.minute_sums import MinuteSums
from cloud.ingest.venue_sums import add_venue_sums
from tests.cloud.memory_database import in_memory
from wire.audience import AgeGroup, AudienceReport, DemographicCell, Gender

NINE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
NINE_S = int(NINE.timestamp())
PLATFORM, STREET = "10502", "301"

Reports = Callable[..., AudienceReport]


@pytest.fixture
def connection() -> Iterator[Connection]:
    with in_memory(location_venues, venue_hours, venue_demographics) as connection:
        for location, venue_type in (("KX-01", PLATFORM), ("KX-02", PLATFORM), ("LB-01", STREET)):
            row = {"location": location, "venue_type": venue_type}
            connection.execute(insert(location_venues).values(row))
        yield connection


def add(connection: Connection, *counted: AudienceReport, lane: int = 0) -> None:
    sums = MinuteSums()
    for one in counted:
        sums.add(one)
    add_venue_sums(connection, sums, lane)


def rows(connection: Connection, table: Table, *names: str) -> list[tuple[Any, ...]]:
    found = connection.execute(select(*(table.c[name] for name in names)))
    return sorted(tuple(row) for row in found)


def hours(connection: Connection) -> list[tuple[Any, ...]]:
    return rows(connection, venue_hours, "hour_at", "venue_type", "lane", "visits", "peak")


def test_locations_of_one_venue_type_add_up_and_the_peak_is_the_highest(
    connection: Connection, report: Reports
) -> None:
    add(
        connection,
        report(1, visits=2),
        report(1, location="KX-02", device="kx-02-cam-1", visits=5),
        report(1, location="LB-01", device="lb-01-cam-1", visits=7),
    )
    assert hours(connection) == [(NINE_S, PLATFORM, 0, 7, 5), (NINE_S, STREET, 0, 7, 7)]


def test_a_location_without_a_venue_counts_as_unknown(
    connection: Connection, report: Reports
) -> None:
    add(connection, report(1, location="ZZ-99", visits=2))
    assert hours(connection) == [(NINE_S, UNKNOWN, 0, 2, 2)]


def test_batches_add_up_in_their_lane(connection: Connection, report: Reports) -> None:
    add(connection, report(1, visits=2))
    add(connection, report(2, visits=3))
    add(connection, report(3, visits=4), lane=1)
    assert hours(connection) == [(NINE_S, PLATFORM, 0, 5, 3), (NINE_S, PLATFORM, 1, 4, 4)]


def test_minutes_of_one_hour_are_one_row_and_the_next_hour_another(
    connection: Connection, report: Reports
) -> None:
    cell = DemographicCell(age=AgeGroup.FROM_18, gender=Gender.MALE, visits=1, onlookers=1)
    offsets = (timedelta(0), timedelta(minutes=59), timedelta(minutes=60))
    add(
        connection,
        *(
            report(number, starts_at=NINE + offset, demographics=(cell,))
            for number, offset in enumerate(offsets, start=1)
        ),
    )
    assert [(row[0], row[3]) for row in hours(connection)] == [(NINE_S, 4), (NINE_S + 3600, 2)]
    names = ("hour_at", "venue_type", "age", "gender", "visits", "onlookers")
    assert rows(connection, venue_demographics, *names) == [
        (NINE_S, PLATFORM, "18-24", "male", 2, 2),
        (NINE_S + 3600, PLATFORM, "18-24", "male", 1, 1),
    ]


def test_an_empty_batch_writes_nothing(connection: Connection) -> None:
    add(connection)
    assert hours(connection) == []


def test_more_locations_than_one_query_holds_are_all_found(
    connection: Connection, report: Reports
) -> None:
    reports = [report(1, location=f"Z-{number:04}", visits=2) for number in range(900)]
    add(connection, *reports, report(1, visits=2))
    assert hours(connection) == [(NINE_S, PLATFORM, 0, 2, 2), (NINE_S, UNKNOWN, 0, 1_800, 2)]
