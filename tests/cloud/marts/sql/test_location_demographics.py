"""Attention of a group is known from enough visits and days, with the error that days admit."""

from typing import Any

import pytest

from cloud.lake.curated.demographics import LOCATION_DEMOGRAPHICS
from cloud.marts.duckdb_engine import DuckDbEngine
from cloud.marts.engine import compute_mart
from cloud.marts.profiles import describe_period
from tests.cloud.marts.mart_rows import days, demographics, hour, metrics

Group = tuple[str, str]
WOMEN, MEN = ("25-34", "female"), ("25-34", "male")


def cell(day: Any, group: Group, visits: int, onlookers: int) -> dict[str, Any]:
    return {"location": "KX-01", "day": day, "hour": 9, "age": group[0], "gender": group[1],
            "visits": visits, "onlookers": onlookers}  # fmt: skip


def compute(*cells: dict[str, Any]) -> dict[Group, dict[str, Any]]:
    period = days(14)
    inputs = {
        "audience_metrics": metrics(*(hour("KX-01", day, visits=100) for day in period)),
        "audience_demographics_hourly": demographics(*cells),
        "profile_period": describe_period(period[0], period[-1]),
    }
    rows = compute_mart(DuckDbEngine(threads=1), LOCATION_DEMOGRAPHICS, inputs).to_pylist()
    return {(row["age"], row["gender"]): row for row in rows}


def test_groups_are_compared_with_all_described_visits() -> None:
    found = compute(
        *(cell(day, WOMEN, 30, 9) for day in days(14)),
        *(cell(day, MEN, 10, 1 + 2 * (n % 2)) for n, day in enumerate(days(14))),
    )
    women, men = found[WOMEN], found[MEN]
    expected = {
        "day": days(14)[-1], "first_on": days(14)[0], "observed_days": 14, "visits": 420,
        "onlookers": 126, "described_visits": 560, "location_visits": 1_400,
        "described_share_milli": 400, "visits_share_milli": 750, "attention_rate_milli": 300,
        "relative_error_ppm": 0, "attention_rate_low_milli": 300, "attention_rate_high_milli": 300,
        "attention_index_milli": 1_090,  # 0.3 of 154 / 560
    }  # fmt: skip
    assert {name: women[name] for name in expected} == expected
    # each day's residual is half of 1/14: the error is sqrt(14 x 14 x (1/28)^2 / 13)
    assert men["relative_error_ppm"] == pytest.approx(138_675, abs=20)
    assert (men["attention_rate_low_milli"], men["attention_rate_high_milli"]) == (145, 255)


@pytest.mark.parametrize(("number", "visits"), [(6, 50), (14, 7)])
def test_a_rate_of_few_days_or_visits_is_unknown(number: int, visits: int) -> None:
    row = compute(*(cell(day, WOMEN, visits, 2) for day in days(number)))[WOMEN]
    assert row["visits"] == number * visits
    names = ("attention_rate_milli", "relative_error_ppm", "attention_rate_low_milli",
             "attention_rate_high_milli", "attention_index_milli")  # fmt: skip
    assert {row[name] for name in names} == {None}
