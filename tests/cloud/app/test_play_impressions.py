"""A play is valued from measured visits where there are enough, else from the kind of venue."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert

from cloud.app.play_impressions import MIN_VISITS, SitePlays, read_site_plays
from cloud.database import hour_tallies, minute_demographics, writing
from cloud.forecast.forecaster import HourForecast
from cloud.forecast.intervals.interval import Interval
from tests.cloud.app_context import FRIDAY_NOON as NOW
from tests.cloud.databases import new_engine
from tests.cloud.rates import sites

HOUR, WEEK = timedelta(hours=1), timedelta(weeks=1)
Measured = Callable[..., None]


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        yield connection
    engine.dispose()


@pytest.fixture
def measured(connection: Connection) -> Measured:
    """Adds one hour of a camera with visits of 13 seconds, a quarter of which looked."""

    def measured(visits: int, ago: timedelta = HOUR, **other: Any) -> None:
        row = {"location": "KX-01", "device": "a", "hour_at": int((NOW - ago).timestamp()),
               "dwell_06": visits, "dwell_ms": 13_000 * visits, "attention_00": visits * 3 // 4,
               "attention_03": visits // 4, "looking_ms": 500 * visits}  # fmt: skip
        connection.execute(insert(hour_tallies), row | other)

    return measured


def demographics(connection: Connection, *rows: tuple[str, str, int], ago: timedelta) -> None:
    values = [
        {"location": "KX-01", "device": "a", "minute_at": int((NOW - ago).timestamp()),
         "age": age, "gender": gender, "visits": visits, "onlookers": 0}
        for age, gender, visits in rows
    ]  # fmt: skip
    connection.execute(insert(minute_demographics), values)


def plays(connection: Connection) -> SitePlays:
    return read_site_plays(connection, sites().location("KX-01"), NOW)


def test_without_visits_the_kind_of_venue_is_assumed(connection: Connection) -> None:
    found = plays(connection)
    assert (found.basis, found.visits, found.cells) == ("modelled", 0, {})
    assert "stays assumed for underground concourses, since 0 visits" in found.reason
    assert found.spot.plays_per_hour == Decimal(60)
    assert 0 < found.person.lts_s < found.person.ots_s < found.person.gross_s == 10 + 9


@pytest.mark.parametrize(
    ("visits", "basis"), [(MIN_VISITS - 1, "modelled"), (MIN_VISITS, "sensor_measured")]
)
def test_visits_are_believed_from_a_number_on(
    connection: Connection, measured: Measured, visits: int, basis: str
) -> None:
    measured(visits)
    found = plays(connection)
    assert (found.basis, found.visits) == (basis, visits)
    assert str(visits) in found.reason


def test_measured_visits_give_their_mean_stay(connection: Connection, measured: Measured) -> None:
    measured(1_000)
    found = plays(connection)
    assert found.person.gross_s == pytest.approx(10 + 13)
    assert found.person.ots_error == 0.0  # every stay is longer than a spot needs
    assert found.person.lts_error > 0
    assert "stays of 1,000 visits measured here in four weeks" in found.reason


@pytest.mark.parametrize(
    ("ago", "visits"),
    [(4 * WEEK, 300), (4 * WEEK + HOUR, 0), (-HOUR, 0), (timedelta(0), 0)],
)
def test_only_hours_of_the_last_four_weeks_count(
    connection: Connection, measured: Measured, ago: timedelta, visits: int
) -> None:
    measured(300, ago)
    assert plays(connection).visits == visits


def test_hours_of_all_cameras_are_summed_and_those_of_other_locations_are_not(
    connection: Connection, measured: Measured
) -> None:
    measured(150)
    measured(150, device="b")
    measured(900, location="LB-01")
    assert plays(connection).visits == 300


def test_groups_are_counted_and_empty_ones_left_out(
    connection: Connection, measured: Measured
) -> None:
    measured(300)
    demographics(connection, ("25-34", "female", 12), ("35-44", "male", 0), ago=HOUR)
    demographics(connection, ("25-34", "female", 30), ago=2 * HOUR)
    demographics(connection, ("25-34", "female", 99), ago=4 * WEEK + HOUR)
    assert plays(connection).cells == {("25-34", "female"): 42}


def test_without_looking_times_the_stays_are_measured_and_looking_is_assumed(
    connection: Connection, measured: Measured
) -> None:
    """A camera that suppresses small counts may report stays without their times of looking."""
    assumed = plays(connection).person
    measured(1_000, attention_00=0, attention_03=0)
    found = plays(connection)
    assert found.basis == "modelled"
    assert found.person.gross_s == pytest.approx(10 + 13)
    assert found.person.lts_s == assumed.lts_s
    assert found.reason == (
        "stays of 1,000 visits measured here in four weeks; looking assumed for underground "
        "concourses, since none of them has a time of looking"
    )


def test_assumed_visits_have_no_groups(connection: Connection, measured: Measured) -> None:
    measured(10)
    demographics(connection, ("25-34", "female", 12), ago=HOUR)
    assert plays(connection).cells == {}


def forecast(entries: float) -> HourForecast:
    people = Interval(entries / 2, entries, entries * 2)
    return HourForecast(NOW, people, people, people, people, "measured", "six weeks", 6.0,
                        "recent-2", NOW)  # fmt: skip


def test_impressions_are_those_of_one_play_with_both_reasons(
    connection: Connection, measured: Measured
) -> None:
    measured(1_000)
    found = plays(connection)
    ladder = found.ladder(forecast(3_600))
    assert ladder.gross.p50 == pytest.approx(23.0)  # one arrival a second, for 23 seconds
    assert ladder.lts.p50 <= ladder.ots.p50 <= ladder.gross.p50
    assert ladder.audience is None  # no camera estimates groups
    assert ladder.attention_s.p50 == pytest.approx(10.0)
    assert ladder.provenance.reason == (
        "stays of 1,000 visits measured here in four weeks; arrivals: six weeks"
    )
    assert (ladder.provenance.visits, ladder.provenance.measured_by) == (1_000, "onlooker")


def test_an_hour_without_people_has_no_impressions(connection: Connection) -> None:
    ladder = plays(connection).ladder(forecast(0.0))
    assert {ladder.gross.p50, ladder.ots.p50, ladder.lts.p50, ladder.attention_s.p50} == {0.0}
