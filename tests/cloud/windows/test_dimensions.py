"""The filter of a breakdown and its cells: half-open intervals, hours and days of UTC."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Integer, column, create_engine, literal, select

from cloud.windows.dimensions import (
    DAY_S,
    HOUR_S,
    BreakdownFilter,
    Dimension,
    cell_interval,
    key_value,
    rounded_down,
)
from cloud.windows.query import WindowError

NINE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
MIDNIGHT = NINE.replace(hour=0)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.mark.parametrize("length", [timedelta(0), -MINUTE, timedelta(days=-400)])
def test_an_interval_that_does_not_end_after_its_start_is_refused_with_both(length: timedelta):
    with pytest.raises(WindowError) as refused:
        BreakdownFilter(NINE, NINE + length)

    assert str(refused.value) == (
        f"the interval ends ({(NINE + length).isoformat()}) before it has started "
        "(2026-11-20T09:00:00+00:00): give `until` after `from`"
    )


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "is_whole"),
    [
        (NINE, NINE + HOUR, True),
        (NINE, NINE + 400 * 24 * HOUR, True),
        (NINE, NINE + MINUTE, False),
        (NINE + MINUTE, NINE + HOUR, False),
        (NINE, NINE + HOUR + timedelta(microseconds=1), False),
        (datetime(1969, 12, 31, 22, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC), True),
        # 09:30 in Kolkata is 04:00 UTC
        (
            datetime(2026, 11, 20, 9, 30, tzinfo=ZoneInfo("Asia/Kolkata")),
            datetime(2026, 11, 20, 10, 30, tzinfo=timezone(timedelta(hours=5.5))),
            True,
        ),
    ],
)
def test_whole_hours_are_those_of_utc(starts_at: datetime, ends_at: datetime, is_whole: bool):
    assert BreakdownFilter(starts_at, ends_at).is_of_whole_hours is is_whole


def test_bounds_are_rounded_up_to_whole_seconds():
    first = int(NINE.timestamp())
    micro = timedelta(microseconds=1)

    assert BreakdownFilter(NINE, NINE + MINUTE).seconds == (first, first + 60)
    assert BreakdownFilter(NINE + micro, NINE + MINUTE + micro).seconds == (first + 1, first + 61)
    before_1970 = datetime(1969, 12, 31, 23, 59, 58, 500_000, tzinfo=UTC)
    assert BreakdownFilter(before_1970, NINE).seconds[0] == -1


def test_a_clock_is_rounded_down_to_whole_steps():
    engine = create_engine("sqlite://")
    clock = column("clock", Integer)
    rows = select(literal(NINE.timestamp() + 3_599, Integer).label("clock")).subquery()
    query = select(rounded_down(clock, HOUR_S), rounded_down(clock, DAY_S)).select_from(rows)
    with engine.connect() as connection:
        hour, day = connection.execute(query).one()
    engine.dispose()

    assert (hour, day) == (NINE.timestamp(), MIDNIGHT.timestamp())


def test_hours_and_days_are_instants_and_other_keys_text():
    assert key_value(Dimension.HOUR, int(NINE.timestamp())) == NINE
    assert key_value(Dimension.DAY, 0) == datetime(1970, 1, 1, tzinfo=UTC)
    assert key_value(Dimension.LOCATION, "KX-01") == "KX-01"
    assert key_value(Dimension.VENUE_TYPE, 10503) == "10503"


@pytest.mark.parametrize(
    ("key", "covered"),
    [
        ({}, (NINE + 30 * MINUTE, NINE + 28 * HOUR)),
        ({Dimension.LOCATION: "KX-01"}, (NINE + 30 * MINUTE, NINE + 28 * HOUR)),
        ({Dimension.HOUR: NINE}, (NINE + 30 * MINUTE, NINE + HOUR)),
        ({Dimension.HOUR: NINE + HOUR}, (NINE + HOUR, NINE + 2 * HOUR)),
        ({Dimension.DAY: MIDNIGHT}, (NINE + 30 * MINUTE, NINE + 15 * HOUR)),
        ({Dimension.DAY: NINE + 15 * HOUR}, (NINE + 15 * HOUR, NINE + 28 * HOUR)),
        (
            {Dimension.DAY: MIDNIGHT, Dimension.HOUR: NINE},
            (NINE + 30 * MINUTE, NINE + HOUR),
        ),
    ],
)
def test_a_cell_covers_its_hour_or_day_within_the_interval(
    key: dict[Dimension, str | datetime], covered: tuple[datetime, datetime]
):
    where = BreakdownFilter(NINE + 30 * MINUTE, NINE + 28 * HOUR)
    assert cell_interval(key, where) == covered
