"""Months and seasons follow `audience_metrics`, with the seasons of each hemisphere."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from cloud.lake.curated.audience import AUDIENCE_METRICS
from cloud.lake.curated.seasons import LOCATION_SEASONS
from cloud.lake.lake import Lake
from cloud.lake.reader import read_table
from cloud.lake.writer import append
from cloud.marts.duckdb_engine import DuckDbEngine
from cloud.marts.season_dimensions import (
    find_next_season,
    find_season,
    list_location_holidays,
    list_season_days,
    list_season_names,
)
from cloud.marts.seasons import build_seasons
from cloud.sites.sites import Sites
from tests.cloud.marts.audience_rows import sites
from tests.cloud.marts.mart_rows import hour, metrics

NOW = datetime(2027, 3, 2, 3, tzinfo=UTC)
WINTER = date(2026, 12, 1)
STATION = next(iter(sites()))


def build(lake: Lake, in_force: Sites | None = None, now: datetime = NOW) -> list[date]:
    built = build_seasons(lake, DuckDbEngine(threads=1), in_force or sites(), now=now)
    return [one.season_on for one in built]


def days(first: date, number: int) -> list[date]:
    return [first + timedelta(days=n) for n in range(number)]


@pytest.mark.parametrize(
    ("day", "season_on", "next_on"),
    [
        (date(2027, 1, 1), WINTER, date(2027, 3, 1)),
        (date(2026, 12, 31), WINTER, date(2027, 3, 1)),
        (date(2027, 5, 31), date(2027, 3, 1), date(2027, 6, 1)),
        (date(2027, 8, 31), date(2027, 6, 1), date(2027, 9, 1)),
        (date(2027, 11, 30), date(2027, 9, 1), date(2027, 12, 1)),
    ],
)
def test_a_season_begins_in_december_march_june_or_september(
    day: date, season_on: date, next_on: date
) -> None:
    assert (find_season(day), find_next_season(season_on)) == (season_on, next_on)


def test_a_season_has_its_days_names_and_holidays() -> None:
    rows = list_season_days(WINTER).to_pylist()
    lengths = {(row["period"], row["first_on"].month, row["period_days"]) for row in rows}
    assert len(rows) == 2 * 90
    assert lengths == {("month", 12, 31), ("month", 1, 31), ("month", 2, 28), ("season", 12, 90)}
    latitudes = {"N-01": 51.5, "S-01": -33.9, "T-01": 1.3}
    listed = [
        msgspec.structs.replace(STATION, id=name, latitude_deg=latitude, holidays="GB-ENG")
        for name, latitude in latitudes.items()
    ]
    names = list_season_names(listed, WINTER).to_pylist()
    assert [tuple(row.values()) for row in names] == [("N-01", "winter"), ("S-01", "summer")]
    dates = list_location_holidays(listed[:1], WINTER).column("local_date").to_pylist()
    december = [date(2026, 12, number) for number in (25, 26, 28)]
    assert dates == [*december, date(2027, 1, 1)]


def rows_of(lake: Lake) -> dict[tuple[str, date], dict[str, Any]]:
    return {
        (row["period"], row["first_on"]): row
        for row in read_table(lake, LOCATION_SEASONS).to_pylist()
        if row["location"] == STATION.id
    }


def test_months_and_seasons_have_figures_holidays_and_errors(lake: Lake) -> None:
    hours = [
        *(hour(STATION.id, day, people=2, onlookers=20) for day in days(WINTER, 31)),
        *(hour(STATION.id, day, people=4, onlookers=40) for day in days(date(2027, 1, 1), 12)),
        hour("ZZ-01", WINTER),
    ]
    append(lake, AUDIENCE_METRICS, metrics(*hours), now=NOW)
    listed = (msgspec.structs.replace(STATION, holidays="GB-ENG"), *list(sites())[1:])
    assert build(lake, Sites(listed)) == [WINTER]
    found = rows_of(lake)
    month = found["month", WINTER]
    expected = {
        "day": WINTER, "season": "winter", "period_days": 31, "observed_days": 31, "visits": 3_100,
        "crowd_milli": 2_000, "attention_rate_milli": 200, "effectiveness_micro": 400_000,
        "relative_error_ppm": 0, "effectiveness_low_micro": 400_000, "observed_share_milli": 1_000,
        "holiday_visits": 300, "holiday_crowd_milli": 2_000, "holiday_attention_rate_milli": 200,
    }  # fmt: skip
    assert {name: month[name] for name in expected} == expected
    for key in (("month", date(2027, 1, 1)), ("season", WINTER)):  # 12 of 31 days, 43 of 90
        assert found[key]["visits"] > 0
        assert found[key]["relative_error_ppm"] is None
    unlisted = [row for row in read_table(lake, LOCATION_SEASONS).to_pylist()
                if row["location"] == "ZZ-01"]  # fmt: skip
    assert [row["season"] for row in unlisted] == [None, None]


def test_a_season_is_built_when_it_changes_and_while_it_lasts(lake: Lake) -> None:
    append(lake, AUDIENCE_METRICS, metrics(hour(STATION.id, WINTER)), now=NOW)
    today = datetime(2026, 12, 2, 9, tzinfo=UTC)
    append(lake, AUDIENCE_METRICS, metrics(hour(STATION.id, today.date())), now=NOW)
    assert build(lake, now=today) == [WINTER]
    assert rows_of(lake)["season", WINTER]["observed_days"] == 1
    assert build(lake, now=today + timedelta(days=1)) == [WINTER]
    assert rows_of(lake)["season", WINTER]["observed_days"] == 2
    assert build(lake) == [WINTER]
    assert build(lake) == []
    moved = msgspec.structs.replace(STATION, latitude_deg=-STATION.latitude_deg)
    assert build(lake, Sites((moved, *list(sites())[1:]))) == [WINTER]
    assert rows_of(lake)["month", WINTER]["season"] == "summer"
