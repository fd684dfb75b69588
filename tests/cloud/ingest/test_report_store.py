"""Counted reports in the database: rows that add up, and each report as it was received."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, select

from cloud.database import (
    hour_creatives,
    hour_tallies,
    location_updates,
    microseconds,
    minute_demographics,
    minute_sensors,
    minute_tallies,
    reports,
)
from cloud.ingest.minute_sums import MinuteSums
from cloud.ingest.report_store import add_sums, write_reports
from tests.cloud.memory_database import in_memory
from wire.audience import (
    AgeGroup,
    AudienceReport,
    CreativeSum,
    DemographicCell,
    Gender,
    SensorSum,
    encode_report,
)

NINE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
NINE_S = int(NINE.timestamp())
TABLES = (
    hour_creatives, hour_tallies, location_updates, minute_demographics, minute_sensors,
    minute_tallies, reports,
)  # fmt: skip

Reports = Callable[..., AudienceReport]


@pytest.fixture
def connection() -> Iterator[Connection]:
    with in_memory(*TABLES) as connection:
        yield connection


def add(connection: Connection, *counted: AudienceReport, now: datetime = NINE) -> None:
    sums = MinuteSums()
    for one in counted:
        sums.add(one)
    add_sums(connection, sums, now)


def test_a_second_batch_is_added_to_the_stored_rows(
    connection: Connection, report: Reports
) -> None:
    add(connection, report(1, visits=5))
    add(connection, report(2, visits=2), report(3, visits=3))
    for table in (minute_tallies, hour_tallies):
        (row,) = connection.execute(select(table)).mappings()
        assert (row["reports"], row["visits"], row["peak"]) == (3, 10, 5)
        assert row["observed_ms"] == 27_000


def test_the_peak_rises_with_a_later_batch(connection: Connection, report: Reports) -> None:
    add(connection, report(1, visits=2))
    add(connection, report(2, visits=5))
    assert connection.execute(select(minute_tallies.c.peak)).scalar_one() == 5


def test_groups_add_up_and_sensors_keep_their_extremes(
    connection: Connection, report: Reports
) -> None:
    cell = DemographicCell(age=AgeGroup.FROM_18, gender=Gender.MALE, visits=2, onlookers=1)
    for number, reading in ((1, -2_000), (2, 5_000), (3, 1_000)):
        sensor = SensorSum(samples=1, total_milli=reading, least_milli=reading, most_milli=reading)
        add(connection, report(number, demographics=(cell,), sensors={"temperature_c": sensor}))
    group = connection.execute(select(minute_demographics)).mappings().one()
    assert (group["age"], group["gender"], group["visits"], group["onlookers"]) == (
        "18-24",
        "male",
        6,
        3,
    )
    sensor_row = connection.execute(select(minute_sensors)).mappings().one()
    names = ("samples", "total_milli", "least_milli", "most_milli")
    assert [sensor_row[name] for name in names] == [3, 4_000, -2_000, 5_000]


def test_each_location_is_marked_as_changed_from_its_earliest_minute(
    connection: Connection, report: Reports
) -> None:
    later = NINE + timedelta(minutes=5)
    add(connection, report(2, starts_at=later), report(1), report(1, location="LB-01"))
    add(connection, report(3, starts_at=later), now=NINE + timedelta(hours=1))
    found = connection.execute(select(location_updates).order_by(location_updates.c.location))
    assert [row.minute_at for row in found.all()] == [NINE_S + 300, NINE_S]


def test_an_empty_batch_writes_nothing(connection: Connection) -> None:
    add(connection)
    write_reports(connection, [], NINE)
    for table in TABLES:
        assert connection.execute(select(table)).all() == []


def test_a_report_is_stored_whole_with_its_numbers_and_instants(
    connection: Connection, report: Reports
) -> None:
    one, now = report(3, 5), NINE + timedelta(seconds=90)
    write_reports(connection, [one, report(6)], now)
    rows = connection.execute(select(reports).order_by(reports.c.first_sequence)).mappings().all()
    assert len(rows) == 2
    row = rows[0]
    assert (row["device"], row["location"], row["stream_id"]) == (
        "kx-01-cam-1",
        "KX-01",
        "00000000000000a1",
    )
    assert (row["first_sequence"], row["last_sequence"]) == (3, 5)
    assert row["body"] == encode_report(one).decode()
    stored = [
        row[name] if isinstance(row[name], int) else microseconds(row[name])
        for name in ("starts_at", "received_at")
    ]
    assert stored == [microseconds(NINE), microseconds(now)]


def test_the_times_of_creatives_add_up_by_hour_and_camera(
    connection: Connection, report: Reports
) -> None:
    def shown(**plays: int) -> dict[str, CreativeSum]:
        whole = report()
        names = ("observed_ms", "person_ms", "facing_ms", "looking_ms", "unsure_ms")
        nothing = dict.fromkeys(names, 0)
        first, *others = plays
        every = {name: getattr(whole, name) for name in names}
        return {
            first: CreativeSum(plays=plays[first], **every),
            **{name: CreativeSum(plays=plays[name], **nothing) for name in others},
        }

    add(connection, report(1, creatives=shown(**{"a": 2, "-": 0})))
    add(connection, report(2, creatives=shown(a=3, b=1)), report(3))
    rows = connection.execute(select(hour_creatives)).mappings().all()
    assert {row["creative"]: row["plays"] for row in rows} == {"a": 5, "b": 1, "unknown": 0}
    (of_a,) = (row for row in rows if row["creative"] == "a")
    assert (of_a["hour_at"], of_a["observed_ms"]) == (NINE_S, 18_000)
