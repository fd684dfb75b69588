"""All locations by venue type, hour and day, from the stored sums of whole hours."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine

from cloud.database import venue_demographics, venue_hours, writing
from cloud.windows.dimensions import BreakdownFilter, DemographicGroup, Dimension
from cloud.windows.query import WindowError
from cloud.windows.venue_breakdown import venue_breakdown, venue_demographic_groups
from tests.cloud.databases import SQLITE_ONLY

pytestmark = SQLITE_ONLY

NINE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MORNING = BreakdownFilter(NINE, NINE + 3 * HOUR)
VENUE = Dimension.VENUE_TYPE


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """Stations at nine and eleven, shops at nine and at nine of the next day, each in its lane."""
    with writing(engine) as connection:
        for lane, (venue, at, visits, peak, reports) in enumerate(
            (
                ("station", NINE, 1, 5, 3),
                ("station", NINE + 2 * HOUR, 2, 7, 3),
                ("shop", NINE, 4, 2, 3),
                ("shop", NINE + DAY, 8, 9, 3),
                ("museum", NINE, 0, 0, 0),  # its only report was moved to another venue type
            )
        ):
            seconds = int(at.timestamp())
            connection.execute(
                venue_hours.insert().values(
                    venue_type=venue, hour_at=seconds, lane=lane, reports=reports,
                    visits=visits, peak=peak, observed_ms=visits * 1_000,
                )
            )  # fmt: skip
            connection.execute(
                venue_demographics.insert().values(
                    venue_type=venue, hour_at=seconds, lane=lane, age="25-34", gender="female",
                    visits=visits, onlookers=visits // 2,
                )
            )  # fmt: skip
        yield connection


def visits_and_peak(
    connection: Connection, where: BreakdownFilter, *by: Dimension
) -> dict[tuple, tuple[int, int]]:
    return {
        tuple(one.key.values()): (one.tally.visits, one.tally.peak)
        for one in venue_breakdown(connection, where, by)
    }


def test_visits_are_summed_and_the_peak_is_the_highest(connection: Connection):
    assert visits_and_peak(connection, MORNING) == {(): (7, 7)}
    assert visits_and_peak(connection, MORNING, VENUE) == {("shop",): (4, 2), ("station",): (3, 7)}


def test_hours_and_days_are_keys_in_order(connection: Connection):
    two_days = BreakdownFilter(NINE, NINE + 2 * DAY)
    midnight = NINE.replace(hour=0)

    assert visits_and_peak(connection, two_days, Dimension.DAY, VENUE) == {
        (midnight, "shop"): (4, 2),
        (midnight, "station"): (3, 7),
        (midnight + DAY, "shop"): (8, 9),
    }
    assert list(visits_and_peak(connection, two_days, Dimension.HOUR)) == [
        (NINE,), (NINE + 2 * HOUR,), (NINE + DAY,),
    ]  # fmt: skip


def test_the_end_of_the_interval_is_excluded(connection: Connection):
    assert visits_and_peak(connection, BreakdownFilter(NINE, NINE + 2 * HOUR)) == {(): (5, 5)}
    assert visits_and_peak(connection, BreakdownFilter(NINE - HOUR, NINE)) == {}


@pytest.mark.parametrize(("venue", "visits"), [("shop", 4), ("museum", None), ("a'b", None)])
def test_only_the_venue_type_of_the_filter_is_counted(
    connection: Connection, venue: str, visits: int | None
):
    where = BreakdownFilter(MORNING.starts_at, MORNING.ends_at, venue_type=venue)
    found = [one.tally.visits for one in venue_breakdown(connection, where, ())]

    assert found == ([] if visits is None else [visits])


def test_only_the_requested_sums_are_computed(connection: Connection):
    (whole,) = venue_breakdown(connection, MORNING, (), sums=("visits",))
    assert (whole.tally.visits, whole.tally.observed_ms) == (7, 0)


def test_demographic_groups_without_a_visit_are_absent(connection: Connection):
    assert venue_demographic_groups(connection, MORNING) == [
        DemographicGroup("25-34", "female", 7, 3, {})
    ]
    assert venue_demographic_groups(connection, MORNING, (VENUE,)) == [
        DemographicGroup("25-34", "female", 4, 2, {VENUE: "shop"}),
        DemographicGroup("25-34", "female", 3, 1, {VENUE: "station"}),
    ]


@pytest.mark.parametrize("read", [venue_breakdown, venue_demographic_groups])
@pytest.mark.parametrize(
    ("where", "by", "message"),
    [
        (
            MORNING,
            (Dimension.LOCATION, Dimension.DEVICE, VENUE),
            "no sums are stored by device, location: query location by location",
        ),
        (
            BreakdownFilter(NINE, NINE + HOUR / 2),
            (VENUE,),
            "from 2026-11-20T09:00:00+00:00 until 2026-11-20T09:30:00+00:00 are not whole hours: "
            "use whole hours, or one location",
        ),
    ],
)
def test_what_is_not_stored_is_refused_with_what_to_do(
    connection: Connection, read, where: BreakdownFilter, by: tuple[Dimension, ...], message: str
):
    with pytest.raises(WindowError) as refused:
        read(connection, where, by)
    assert str(refused.value) == message
