"""Rows of the hour and minute tables from which alert measures are computed."""

from datetime import timedelta

from sqlalchemy import Connection

from cloud.alerting.rules import AlertKind, Measure
from cloud.database import hour_tallies, location_updates, minute_tallies
from tests.cloud.alerting.conftest import MINUTE, NOON

NOW = NOON + timedelta(minutes=30)


def insert_minutes(
    connection: Connection,
    location: str,
    device: str,
    *,
    crowd: float = 0.0,
    dark_ms: int = 0,
    count: int = 9,
) -> None:
    """The last minutes before NOW."""
    rows = [
        {"location": location, "device": device, "observed_ms": 60_000 - dark_ms,
         "minute_at": int((NOW - number * MINUTE).timestamp()), "blind_dark_ms": dark_ms,
         "person_ms": int(crowd * 60_000)}
        for number in range(1, count + 1)
    ]  # fmt: skip
    connection.execute(minute_tallies.insert(), rows)


def insert_hours(connection: Connection, location: str, device: str, crowds: list[float]) -> None:
    """The hour of NOON in the weeks before, the latest first."""
    rows = [
        {"location": location, "device": device, "observed_ms": 3_600_000,
         "hour_at": int((NOON - timedelta(weeks=week)).timestamp()),
         "person_ms": int(crowd * 3_600_000), "visits": 100, "onlookers": 20}
        for week, crowd in enumerate(crowds, 1)
    ]  # fmt: skip
    connection.execute(hour_tallies.insert(), rows)


def insert_locations(connection: Connection, *locations: str) -> None:
    rows = [{"location": one, "changed_at": NOON, "minute_at": 0} for one in locations]
    connection.execute(location_updates.insert(), rows)


def values_of(measures: list[Measure], kind: AlertKind) -> list[float]:
    return [one.value for one in measures if one.kind is kind]
