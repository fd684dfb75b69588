"""Rows of a mart that break their contract are found before they are published."""

from typing import Any

import pytest

from cloud.database import reading
from cloud.lake.curated.audience import AUDIENCE_METRICS
from cloud.lake.lake import Lake
from cloud.lake.manifest import read_files
from cloud.lake.writer import append
from cloud.marts.contract_checks import find_broken_rule
from tests.cloud.lake.conftest import NOW
from tests.cloud.marts.mart_rows import MONDAY, hour, metrics


def check(lake: Lake, *rows: dict[str, Any]) -> str | None:
    append(lake, AUDIENCE_METRICS, metrics(*rows), now=NOW)
    with reading(lake.engine) as connection:
        files = read_files(connection, AUDIENCE_METRICS.full_name)
    return find_broken_rule(lake.storage, AUDIENCE_METRICS, files)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"observed_share_milli": None, "visits": None, "onlookers": None}, None),
        ({"hour": 24}, "1 of 2 rows break the rule hour_of_day: The hour is one of the UTC day."),
        ({"observed_share_milli": 1001}, "break the rule shares_in_range"),
        ({"visits": -1}, "break the rule counts_not_negative"),
        ({"onlookers": 101}, "break the rule onlookers_within_visits"),
        ({f"dwell_{n:02}": 60 for n in range(15)}, "break the rule dwell_within_visits"),
        ({"observed_ms": 0, "visits": 0, "onlookers": 0},
         "break the rule unknown_without_observation"),
        ({"hour": 9}, "1 of 2 rows break the rule unique_identity: One row for each location, "),
    ],
)  # fmt: skip
def test_the_first_broken_rule_is_named_with_its_rows(
    lake: Lake, changes: dict[str, Any], reason: str | None
) -> None:
    found = check(lake, hour("KX-01", MONDAY, 9), hour("KX-01", MONDAY, 10) | changes)
    assert (found is None) == (reason is None)
    assert (reason or "") in (found or "")


def test_a_mart_without_files_breaks_no_rule(lake: Lake) -> None:
    assert find_broken_rule(lake.storage, AUDIENCE_METRICS, []) is None
