"""Instants and numbers come back as the same kind of value on SQLite and on PostgreSQL."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Connection, Engine, func, insert, select, text
from sqlalchemy.exc import StatementError

from cloud.database import (
    device_alarms,
    mean,
    microseconds,
    minute_sensors,
    reading,
    total,
    writing,
)
from cloud.database.columns import EPOCH, Instant, NaiveInstantError, UnreadableInstantError
from cloud.database.operations import alerts
from tests.cloud.databases import SQLITE_ONLY


def test_instants_come_back_as_they_went_in(engine: Engine) -> None:
    at = datetime(2026, 11, 20, 10, 0, 0, 123456, tzinfo=timezone(timedelta(hours=1)))
    row = {"location": "KX-01", "device": "d", "kind": "k", "state": "raised", "message": "",
           "at": at, "received_at": datetime(1969, 1, 1, tzinfo=UTC)}  # fmt: skip
    with writing(engine) as connection:
        connection.execute(device_alarms.insert(), row)
    with reading(engine) as connection:
        held = connection.execute(select(device_alarms)).one()
    assert held.at == at
    assert held.at.tzinfo is UTC
    assert held.received_at == row["received_at"]


def test_a_naive_instant_is_refused(engine: Engine) -> None:
    with reading(engine) as connection, pytest.raises(StatementError, match="no time zone"):
        connection.execute(select(device_alarms).where(device_alarms.c.at > datetime(2026, 11, 20)))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("instant", "stored"),
    [
        (EPOCH, 0),
        (datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC), -1),
        (datetime(1970, 1, 1, 1, tzinfo=timezone(timedelta(hours=1))), 0),
        (datetime(2026, 11, 20, 9, 0, 0, 1, tzinfo=UTC), 1_795_165_200_000_001),
    ],
)
def test_an_instant_is_stored_as_microseconds(instant: datetime, stored: int) -> None:
    assert microseconds(instant) == stored
    assert Instant().process_bind_param(instant, None) == stored
    assert Instant().process_result_value(stored, None) == instant


def test_no_instant_is_stored_as_null() -> None:
    assert Instant().process_bind_param(None, None) is None
    assert Instant().process_result_value(None, None) is None


def test_an_instant_without_a_time_zone_is_not_bound() -> None:
    with pytest.raises(NaiveInstantError, match="2026-11-20T00:00:00 has no time zone"):
        Instant().process_bind_param(datetime(2026, 11, 20), None)  # noqa: DTZ001


@pytest.mark.parametrize("stored", ["yesterday", b"\x00", 10**18, -(10**18), "9" * 5000])
def test_a_stored_value_that_is_no_instant_is_reported_in_a_short_sentence(stored: object) -> None:
    with pytest.raises(UnreadableInstantError, match="expected microseconds since 1970") as error:
        Instant().process_result_value(stored, None)  # type: ignore[arg-type]
    assert len(str(error.value)) < 120


@SQLITE_ONLY
def test_a_text_in_a_column_of_instants_is_reported(connection: Connection) -> None:
    connection.execute(text("INSERT INTO alert_evaluations VALUES (1, 'noon')"))
    with pytest.raises(UnreadableInstantError, match="'noon'"):
        connection.execute(text("SELECT evaluated_at FROM alert_evaluations").columns(
            evaluated_at=Instant()
        )).one()  # fmt: skip


def test_sums_and_means_have_one_type_on_both_databases(connection: Connection) -> None:
    key = {"location": "KX-01", "device": "d", "sensor": "s"}
    for minute, samples in enumerate((2**62 - 1, 2)):
        connection.execute(
            minute_sensors.insert().values(**key, minute_at=60 * minute, samples=samples)
        )
    samples = minute_sensors.c.samples
    found = connection.execute(select(total(samples), mean(samples))).one()
    assert found[0] == 2**62 + 1
    assert [type(value) for value in found] == [int, float]
    alert = {"kind": "k", "location": "", "device": "", "message": "", "value": 0.5}
    at = {"raised_at": EPOCH, "last_held_at": EPOCH}
    connection.execute(insert(alerts), [alert | at])
    assert connection.execute(select(total(alerts.c.value))).scalar_one() == 0.5


def test_without_rows_sums_and_means_are_null(connection: Connection) -> None:
    samples = minute_sensors.c.samples
    found = connection.execute(select(total(samples), mean(samples), func.count())).one()
    assert tuple(found) == (None, None, 0)
