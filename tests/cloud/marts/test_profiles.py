"""Profiles compare times of day and locations; a rank has the interval that the days admit."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from cloud.lake.curated.audience import AUDIENCE_METRICS
from cloud.lake.curated.profiles import LOCATION_PROFILES
from cloud.lake.lake import Lake
from cloud.lake.reader import read_table
from cloud.lake.writer import append
from cloud.marts.duckdb_engine import DuckDbEngine
from cloud.marts.profiles import build_profiles
from cloud.sites.sites import Sites
from tests.cloud.marts.audience_rows import sites
from tests.cloud.marts.mart_rows import HOUR_MS, MONDAY, days, hour, metrics

NOW = datetime(2026, 11, 2, 3, tzinfo=UTC)


def build(lake: Lake, in_force: Sites | None = None) -> int:
    """The number of profiles that were built."""
    rows = build_profiles(lake, DuckDbEngine(), in_force or sites(), now=NOW)
    return rows.get(LOCATION_PROFILES.name, 0)


def profiles(lake: Lake, *rows: dict[str, Any]) -> dict[str, dict[str, Any]]:
    append(lake, AUDIENCE_METRICS, metrics(*rows), now=NOW)
    build(lake)
    return {row["location"]: row for row in read_table(lake, LOCATION_PROFILES).to_pylist()}


def test_times_of_day_are_compared(lake: Lake) -> None:
    saturday = MONDAY + timedelta(days=5)
    row = profiles(
        lake,
        hour("KX-01", MONDAY, 8, people=6, onlookers=10),
        hour("KX-01", MONDAY, 12, people=1),
        hour("KX-01", MONDAY, 17, people=3, onlookers=40),
        hour("KX-01", saturday, 8, people=2, onlookers=50),
    )["KX-01"]
    expected = {
        "day": saturday, "first_on": saturday - timedelta(days=27),
        "observed_days": 2, "observed_hours": 4, "visits": 400, "onlookers": 120,
        "crowd_milli": 3_000, "attention_rate_milli": 300,
        "morning_crowd_milli": 6_000, "morning_attention_rate_milli": 100,
        "evening_crowd_milli": 3_000, "evening_attention_rate_milli": 400,
        "weekday_visits": 300, "weekend_visits": 100, "weekend_crowd_milli": 2_000,
        "effectiveness_micro": 900_000, "relative_error_ppm": None, "rank": None,
        "ranked_locations": 0,
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected


def test_hours_without_a_report_are_expected_and_not_empty(lake: Lake) -> None:
    missing = {"location": "KX-01", "day": MONDAY, "hour": 10, "expected_ms": HOUR_MS}
    row = profiles(lake, hour("KX-01", MONDAY), missing, missing | {"location": "LB-01"})
    assert (row["KX-01"]["observed_share_milli"], row["KX-01"]["crowd_milli"]) == (500, 2_000)
    nothing = row["LB-01"]
    assert (nothing["observed_days"], nothing["visits"], nothing["crowd_milli"]) == (0, None, None)


def test_only_four_weeks_before_today_are_in_the_period(lake: Lake) -> None:
    row = profiles(
        lake,
        hour("KX-01", NOW.date(), visits=1_000),
        hour("KX-01", date(2026, 11, 1)),
        hour("KX-01", date(2026, 10, 5)),
        hour("KX-01", date(2026, 10, 4), visits=1_000),
    )["KX-01"]
    assert (row["visits"], row["day"]) == (200, date(2026, 11, 1))


def test_days_that_are_alike_give_a_narrow_interval_and_days_that_differ_a_wide_one(
    lake: Lake,
) -> None:
    found = profiles(
        lake,
        *(hour("steady", day, onlookers=30) for day in days(14)),
        *(hour("varied", day, onlookers=10 + 40 * (n % 2)) for n, day in enumerate(days(14))),
    )
    steady, varied = found["steady"], found["varied"]
    assert steady["effectiveness_micro"] == varied["effectiveness_micro"] == 600_000
    assert steady["relative_error_ppm"] == 0
    # each day's residual is 2/3 of 1/14: the error is sqrt(14 x 14 x (2/3/14)^2 / 13)
    assert varied["relative_error_ppm"] == pytest.approx(184_900, abs=20)
    assert varied["effectiveness_low_micro"] == pytest.approx(600_000 * (1 - 2 * 0.1849), abs=30)
    assert (steady["rank"], varied["rank"]) == (1, 1)


def test_rank_intervals_are_those_of_all_pairs(lake: Lake) -> None:
    found = profiles(lake, *_varied_locations(24))
    ranked = [row for row in found.values() if row["rank"] is not None]
    assert len(ranked) == 23
    for row in ranked:
        best = 1 + _count(ranked, lambda other, row=row: _low(other) > _high(row))
        worst = len(ranked) - _count(ranked, lambda other, row=row: _high(other) < _low(row))
        rank = 1 + _count(ranked, lambda other, row=row: _value(other) > _value(row))
        assert (row["rank_best"], row["rank"], row["rank_worst"]) == (best, rank, worst)
        assert best <= rank <= worst
    assert {row["ranked_locations"] for row in found.values()} == {23}


def test_profiles_are_replaced_when_the_mart_or_a_venue_changes_and_only_then(lake: Lake) -> None:
    append(lake, AUDIENCE_METRICS, metrics(hour("KX-01", MONDAY)), now=NOW)
    assert build(lake) == 1
    assert build(lake) == 0
    first, *others = sites()
    assert build(lake, Sites((msgspec.structs.replace(first, venue="10101"), *others))) == 1
    tuesday = MONDAY + timedelta(days=1)
    append(lake, AUDIENCE_METRICS, metrics(hour("LB-01", tuesday)), now=NOW)
    assert build(lake) == 2
    rows = read_table(lake, LOCATION_PROFILES)
    assert rows.column("day").to_pylist() == [tuesday] * 2


def test_an_empty_mart_has_no_profiles(lake: Lake) -> None:
    assert build(lake) == 0


def _varied_locations(number: int) -> list[dict[str, Any]]:
    """The last one was observed on six days only; every third is steady, several are equal."""
    return [
        hour(f"L{at:02}", day, onlookers=20 + 3 * (at // 2) + (at % 3) * 5 * ((n * 7 + at) % 4))
        for at in range(number)
        for n, day in enumerate(days(6 if at == number - 1 else 10))
    ]


def _count(rows: Sequence[dict[str, Any]], holds: Any) -> int:
    return sum(holds(row) for row in rows)


def _low(row: dict[str, Any]) -> int:
    return int(row["effectiveness_low_micro"])


def _high(row: dict[str, Any]) -> int:
    return int(row["effectiveness_high_micro"])


def _value(row: dict[str, Any]) -> int:
    return int(row["effectiveness_micro"])
