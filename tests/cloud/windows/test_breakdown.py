"""The parts of every breakdown of an audience add up to the whole."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine

from cloud.database import writing
from cloud.ingest import report_store
from cloud.ingest.minute_sums import MinuteSums
from cloud.windows.breakdown import breakdown, demographics
from cloud.windows.dimensions import BreakdownFilter, DemographicGroup, Dimension
from cloud.windows.venue_types import sync_venue_types
from wire.audience import AgeGroup, AudienceReport, DemographicCell, Gender

NINE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
MORNING = BreakdownFilter(NINE, NINE + 3 * HOUR)

Reports = Callable[..., AudienceReport]


@pytest.fixture
def connection(engine: Engine, report: Reports) -> Iterator[Connection]:
    """KX-01 (a station, two cameras) and SC-01 (a shopping centre) at 09:00, 09:30 and 11:00."""
    women = DemographicCell(age=AgeGroup.FROM_25, gender=Gender.FEMALE, visits=1, onlookers=0)
    tallies = MinuteSums()
    for location, device, at, visits in (
        ("KX-01", "kx-01-cam-1", NINE, 1),
        ("KX-01", "kx-01-cam-2", NINE, 2),
        ("KX-01", "kx-01-cam-1", NINE + HOUR / 2, 4),
        ("KX-01", "kx-01-cam-1", NINE + 2 * HOUR, 8),
        ("SC-01", "sc-01-cam-1", NINE, 16),
        ("ZZ-01", "zz-01-cam-1", NINE, 32),
    ):
        tallies.add(
            report(location=location, device=device, starts_at=at, visits=visits,
                   demographics=(women,))
        )  # fmt: skip
    with writing(engine) as connection:
        sync_venue_types(connection, {"KX-01": "station", "SC-01": "station"})
        sync_venue_types(connection, {"KX-01": "station", "SC-01": "shopping_centre"})
        report_store.add_sums(connection, tallies, NINE)
        yield connection


def visits(
    connection: Connection, where: BreakdownFilter, *by: Dimension
) -> dict[tuple[str, ...], int]:
    def shown(value: str | datetime) -> str:
        return value if isinstance(value, str) else f"{value:%H:%M}"

    return {
        tuple(shown(cell.key[dimension]) for dimension in by): cell.audience.tally.visits
        for cell in breakdown(connection, where, by)
    }


def test_without_a_dimension_there_is_one_group(connection: Connection) -> None:
    (whole,) = breakdown(connection, MORNING, ())
    assert (whole.locations, whole.audience.cameras, whole.audience.tally.visits) == (3, 4, 63)


def test_by_location_and_by_venue_type(connection: Connection) -> None:
    assert visits(connection, MORNING, Dimension.LOCATION) == {
        ("KX-01",): 15,
        ("SC-01",): 16,
        ("ZZ-01",): 32,
    }
    assert visits(connection, MORNING, Dimension.VENUE_TYPE) == {
        ("station",): 15,
        ("shopping_centre",): 16,
        ("unknown",): 32,
    }


def test_by_camera_and_by_hour_within_a_venue_type(connection: Connection) -> None:
    stations = BreakdownFilter(MORNING.starts_at, MORNING.ends_at, venue_type="station")
    assert visits(connection, stations, Dimension.DEVICE) == {
        ("kx-01-cam-1",): 13,
        ("kx-01-cam-2",): 2,
    }
    assert visits(connection, stations, Dimension.HOUR, Dimension.DEVICE) == {
        ("09:00", "kx-01-cam-1"): 5,
        ("09:00", "kx-01-cam-2"): 2,
        ("11:00", "kx-01-cam-1"): 8,
    }


def test_a_partial_hour_is_read_from_its_minutes(connection: Connection) -> None:
    half = BreakdownFilter(NINE, NINE + HOUR / 2, location="KX-01")
    assert visits(connection, half, Dimension.HOUR) == {("09:00",): 3}
    (cell,) = breakdown(connection, half, (Dimension.HOUR,))
    assert (cell.audience.starts_at, cell.audience.ends_at) == (NINE, NINE + HOUR / 2)


def test_demographics_are_ended_visits(connection: Connection) -> None:
    assert demographics(connection, MORNING) == [DemographicGroup("25-34", "female", 6, 0, {})]
    assert demographics(connection, BreakdownFilter(NINE, NINE + HOUR, "SC-01")) == [
        DemographicGroup("25-34", "female", 1, 0, {})
    ]


def test_only_the_requested_sums_are_computed_from_minutes(connection: Connection) -> None:
    (whole,) = breakdown(connection, MORNING, (), sums=("visits",))
    assert (whole.audience.tally.visits, whole.audience.tally.person_ms) == (63, 0)
